// G6: a destination whose ids sit on the wrong vectors. Real chunks and queries, exact search, the product's gates.
import { strictAlpha } from "@retriever/operator/core/gates/gate-limits.ts";
import { judgeRate, type RateQuestion, type SequentialVerdict } from "@retriever/operator/core/gates/sequential.ts";
import { p95MaxBadShare, scoreDeltaThreshold, tieEpsilon } from "@retriever/sidecar/contract/thresholds.ts";
import type { Dataset } from "#support/dataset/read.ts";
import { makeRandom, type Random } from "#support/random.ts";
import { median } from "../report/statistics.ts";

/** Rows of the best chunks with their similarities, best first. */
type Ranking = readonly { readonly row: number; readonly similarity: number }[];

export type ShuffledIds = {
  readonly runs: number;
  readonly medianSamples: number;
  readonly mostSamples: number;
  /** Runs in which a gate on the score fired, over all queries. */
  readonly scoreGateFired: number;
  /** Runs in which the score gate passed the damaged destination. */
  readonly scoreGatePassed: number;
  readonly mismatchShare: number;
};

type ShuffleStudy = { readonly runs: number; readonly ceiling: number; readonly seed: number };

const depth = 10;

/** Shuffles the ids anew in every run and samples queries until the mismatch gate fails. */
export function playShuffledIds(dataset: Dataset, study: ShuffleStudy): ShuffledIds {
  const rankings = dataset.queries.map((_, query) => searchExactly(dataset, query));
  const ends = Array.from({ length: study.runs }, (_, run) => {
    const random = makeRandom(study.seed + run);
    return playShuffle(
      rankings,
      shuffle(dataset.chunks.length, random),
      shuffle(rankings.length, random),
      study.ceiling,
    );
  });
  const samples = ends.map((end) => end.samples);
  return {
    runs: study.runs,
    medianSamples: median(samples),
    mostSamples: Math.max(...samples),
    scoreGateFired: ends.filter(({ score }) => score === "Fail").length,
    scoreGatePassed: ends.filter(({ score }) => score === "Pass").length,
    mismatchShare: ends.reduce((sum, end) => sum + end.mismatchShare, 0) / study.runs,
  };
}

type ShuffleEnd = { readonly samples: number; readonly score: SequentialVerdict; readonly mismatchShare: number };

function playShuffle(
  rankings: readonly Ranking[],
  idOf: readonly number[],
  order: readonly number[],
  ceiling: number,
): ShuffleEnd {
  let mismatch = 0;
  let scoreWorse = 0;
  let samples = Number.POSITIVE_INFINITY;
  let score: SequentialVerdict = "NotYet";
  for (const [index, query] of order.entries()) {
    const source = rankings[query] ?? [];
    // The same vectors lie in both stores, so that both find the same rows with the same scores; only the ids differ.
    const destination = source.map(({ row, similarity }) => ({ row: idOf[row] ?? row, similarity }));
    if (isMismatch(source, destination)) mismatch += 1;
    if ((source[0]?.similarity ?? 0) - (destination[0]?.similarity ?? 0) > scoreDeltaThreshold) scoreWorse += 1;
    const n = index + 1;
    if (samples > n && judge({ bad: mismatch, n, limit: ceiling, deflates: "passing" }) === "Fail") samples = n;
    if (score !== "Fail") score = judge({ bad: scoreWorse, n, limit: p95MaxBadShare, deflates: "both" });
  }
  return { samples, score, mismatchShare: mismatch / order.length };
}

function judge(question: Pick<RateQuestion, "bad" | "n" | "limit" | "deflates">): SequentialVerdict {
  return judgeRate({ ...question, alpha: strictAlpha, beta: 0.05, dispersion: 1, dwellPassed: true });
}

/** The contract's rule: another top chunk, unless the source scores it as high as its own. */
function isMismatch(source: Ranking, destination: Ranking): boolean {
  const [best, other] = [source[0], destination[0]];
  if (best === undefined || other === undefined || best.row === other.row) return false;
  const seen = source.find(({ row }) => row === other.row);
  return seen === undefined || best.similarity - seen.similarity > tieEpsilon;
}

function searchExactly(dataset: Dataset, query: number): Ranking {
  const wanted = dataset.queryVector(query);
  return dataset.chunks
    .map((_, row) => ({ row, similarity: cosine(wanted, dataset.vector(row)) }))
    .toSorted((a, b) => b.similarity - a.similarity)
    .slice(0, depth);
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, normA, normB] = [0, 0, 0];
  for (let index = 0; index < a.length; index += 1) {
    const [x, y] = [a[index] ?? 0, b[index] ?? 0];
    dot += x * y;
    normA += x * x;
    normB += y * y;
  }
  return dot / Math.sqrt(normA * normB);
}

/** A permutation of 0 to size - 1 (Fisher and Yates). */
function shuffle(size: number, random: Random): number[] {
  const rows = Array.from({ length: size }, (_, row) => row);
  for (let last = size - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [rows[last], rows[other]] = [rows[other] ?? 0, rows[last] ?? 0];
  }
  return rows;
}
