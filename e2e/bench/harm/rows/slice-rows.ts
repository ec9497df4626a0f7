// D8: one namespace of many, all of whose answers are wrong, and many of which none is harmed.
import { makeDraws } from "@retriever/kubectl/toy/draws.ts";
import { makeRandom } from "#support/random.ts";
import { type End, playGuard, startSeconds } from "../play/guard.ts";
import type { Row } from "../play/row.ts";
import { drawBaseline, healthy, planOf } from "../play/setting.ts";
import { drawSlicedBin, type RegimeOf } from "../play/sliced-traffic.ts";
import { AdaptiveRate, type Regime } from "../play/traffic.ts";

const plan = planOf();
const traffic = { namespaces: 200, requestsPerSecond: 100, seconds: 10 };
const usual: Regime = { ...healthy, requestsPerSecond: 100 };

function play(seed: number, regimeOf: RegimeOf, seconds: number): End {
  const random = makeRandom(seed);
  const draws = makeDraws({ next: random });
  const rate = new AdaptiveRate(plan.guard.sampling, traffic.requestsPerSecond);
  return playGuard({
    plan,
    baseline: drawBaseline(plan, usual, draws),
    seconds,
    phase: random(),
    draw: (at) => {
      const bin = drawSlicedBin(startSeconds + at, { ...traffic, regimeOf }, rate.value, draws);
      rate.count(bin.counters.requests);
      return bin;
    },
  });
}

const harmedRank = 15;
const wrong: Regime = { ...usual, scoreWorse: 1, mismatch: 1 };
const { scoreDelta, mismatch, livePrimary } = plan.thresholds;
const atLimits: Regime = {
  ...usual,
  failsBoth: 0,
  failsAlone: usual.failsBoth + livePrimary.maxErrorIncrease,
  scoreWorse: scoreDelta.maxBadShare,
  mismatch: usual.mismatch + mismatch.maxIncrease,
};

function isActed({ act }: End): boolean {
  return act === "Hold" || act === "Rollback";
}

export const sliceRows: readonly Row[] = [
  {
    id: "D8",
    name: "the namespace at rank 15 of 200 all wrong, 100/s: held within 20 min",
    runs: 800,
    quickRuns: 20,
    play: (seed) => play(seed, (rank) => (rank === harmedRank ? wrong : usual), 1200),
    isCounted: isActed,
    must: { atLeast: 0.99 },
    since: 0,
  },
  {
    id: "D8",
    name: "200 namespaces, all at their limits, 100/s: wrongly held in 24 h",
    runs: 400,
    quickRuns: 1,
    play: (seed) => play(seed, () => atLimits, 86_400),
    isCounted: isActed,
    must: { atMost: 0.01 },
  },
];
