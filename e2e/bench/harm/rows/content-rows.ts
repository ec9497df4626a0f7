// D12: chunks without their text, or with another one, where some of the requests include it.
import { makeDraws } from "@retriever/kubectl/toy/draws.ts";
import { makeRandom } from "#support/random.ts";
import { type End, playGuard, startSeconds } from "../play/guard.ts";
import type { Row } from "../play/row.ts";
import { drawBaseline, healthy, planOf } from "../play/setting.ts";
import { AdaptiveRate, type ContentRegime, drawGuardBin } from "../play/traffic.ts";

const plan = planOf();
const { maxBadShare } = plan.thresholds.content;
const [hour, day] = [3600, 86_400];

type Content = { readonly rate: number; readonly content: ContentRegime; readonly seconds: number };

function play(seed: number, { rate, content, seconds }: Content): End {
  const random = makeRandom(seed);
  const draws = makeDraws({ next: random });
  const regime = { ...healthy, requestsPerSecond: rate, content };
  const adaptive = new AdaptiveRate(plan.guard.sampling, rate);
  return playGuard({
    plan,
    baseline: drawBaseline(plan, regime, draws),
    seconds,
    phase: random(),
    draw: (at) => {
      const bin = drawGuardBin(startSeconds + at, [{ regime, seconds: 10 }], adaptive.value, draws);
      adaptive.count(bin.counters.requests);
      return bin;
    },
  });
}

function isLeft({ act }: End): boolean {
  return act === "Rollback";
}

const rates = [0.7, 8, 60];

export const contentRows: readonly Row[] = rates.flatMap((rate): Row[] => [
  ...[0.02, 1].map(
    (included): Row => ({
      id: "D12",
      name: `1 % of the chunks lack their text, ${included * 100} % of requests include it, ${rate}/s for a day`,
      runs: 700,
      quickRuns: 4,
      play: (seed) => play(seed, { rate, content: { included, bad: maxBadShare }, seconds: day }),
      isCounted: isLeft,
      must: { atMost: 0.01 },
      since: 0,
    }),
  ),
  {
    id: "D12",
    name: `every text is empty, 10 % of requests include it, ${rate}/s`,
    runs: 400,
    quickRuns: 20,
    play: (seed) => play(seed, { rate, content: { included: 0.1, bad: 1 }, seconds: 4 * hour }),
    isCounted: isLeft,
    must: { atLeast: 1 },
    since: 0,
  },
]);
