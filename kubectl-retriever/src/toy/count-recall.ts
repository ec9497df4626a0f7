// Samples whose true answer is known: how much of it each store found.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Draws } from "./draws.ts";
import { fieldPlace, type Row } from "./toy-row.ts";

/** Chunks of a true answer: whole eighths, and squares of them, add up without rounding. */
const chunks = 8;

/** Adds the samples of one second to a row; `recall` is the share of the true chunks that a store finds. */
export function countRecall(
  draws: Draws,
  row: Row,
  samples: number,
  recall: Readonly<Record<StoreName, number>>,
): void {
  let [loss, gain, squares] = [0, 0, 0];
  for (let left = samples; left > 0; left -= 1) {
    // Without chance there are fractions of samples.
    const weight = Math.min(1, left);
    const d = (draws.binomial(chunks, recall.source) - draws.binomial(chunks, recall.destination)) / chunks;
    loss += weight * Math.max(0, d);
    gain += weight * Math.max(0, -d);
    squares += weight * d * d;
  }
  row[fieldPlace.recallSamples] = samples;
  row[fieldPlace.recallLossSum] = loss;
  row[fieldPlace.recallGainSum] = gain;
  row[fieldPlace.recallSquaresSum] = squares;
}
