// D8: one namespace of many, all of whose answers are wrong, slow or empty or lack something, and many of which none is harmed.
import { makeDraws } from "@retriever/kubectl/toy/draws.ts";
import { makeRandom } from "#support/random.ts";
import { type End, playGuard, startSeconds } from "../play/guard.ts";
import type { Row } from "../play/row.ts";
import { drawBaseline, healthy, latencies, planOf, usualMedianMs } from "../play/setting.ts";
import { drawSlicedBin, type RegimeOf } from "../play/sliced-traffic.ts";
import { AdaptiveRate, type Regime } from "../play/traffic.ts";
import { isRolledBack } from "./healthy.ts";

const plan = planOf();
const usual: Regime = { ...healthy, requestsPerSecond: 100 };

type Played = {
  /** At so many seconds of the run. */
  readonly regimeAt: (at: number) => RegimeOf;
  readonly seconds: number;
  readonly requestsPerSecond?: number;
};

function play(seed: number, { regimeAt, seconds, requestsPerSecond = 100 }: Played): End {
  const traffic = { namespaces: 200, requestsPerSecond, seconds: 10 };
  const random = makeRandom(seed);
  const draws = makeDraws({ next: random });
  const rate = new AdaptiveRate(plan.guard.sampling, traffic.requestsPerSecond);
  return playGuard({
    plan,
    baseline: drawBaseline(plan, usual, draws),
    seconds,
    phase: random(),
    draw: (at) => {
      const bin = drawSlicedBin(startSeconds + at, { ...traffic, regimeOf: regimeAt(at) }, rate.value, draws);
      rate.count(bin.counters.requests);
      return bin;
    },
  });
}

const harmedRank = 15;
const wrong: Regime = { ...usual, scoreWorse: 1, mismatch: 1 };
const { scoreDelta, mismatch, livePrimary, content } = plan.thresholds;
const atLimits: Regime = {
  ...usual,
  failsBoth: 0,
  failsAlone: usual.failsBoth + livePrimary.maxErrorIncrease,
  scoreWorse: scoreDelta.maxBadShare,
  mismatch: usual.mismatch + mismatch.maxIncrease,
  recall: { step: 0.1, worse: 0.1 + 10 * plan.recall.maxLoss, better: 0.1 },
  content: { included: 0.1, bad: content.maxBadShare },
};

/** With 17 % of the traffic. */
const busiest = 1;
/** By then the slices are chosen at any rate. */
const chosenAfter = 1000;
const slow: Regime = { ...usual, ...latencies(plan, 700, usualMedianMs) };
const empty: Regime = { ...usual, emptyAlone: 1 };
const finding: Regime = { ...usual, recall: { step: 0.5, worse: 1, better: 0 } };
const withText: Regime = { ...usual, content: { included: 0.2, bad: 0 } };
const withoutText: Regime = { ...usual, content: { included: 0.2, bad: 1 } };

function aloneAt(own: Regime, others = usual): Played["regimeAt"] {
  return (at) => (rank) => (rank === busiest && at >= chosenAfter ? own : others);
}

type Alone = Pick<Played, "regimeAt" | "requestsPerSecond"> & {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly minutes?: number;
};

const aloneOnes: readonly Alone[] = [
  ...[2, 20, 100].flatMap((requestsPerSecond) => [
    { name: "slow", regimeAt: aloneAt(slow), requestsPerSecond },
    { name: "empty", regimeAt: aloneAt(empty), requestsPerSecond },
  ]),
  { name: "all wrong", regimeAt: aloneAt({ ...wrong, recall: finding.recall }), requestsPerSecond: 20 },
  { name: "finding half as much", regimeAt: aloneAt(finding), requestsPerSecond: 20, minutes: 60 },
  { name: "without text, in 20 % of requests", regimeAt: aloneAt(withoutText, withText), requestsPerSecond: 20 },
];

function isActed({ act }: End): boolean {
  return act === "Hold" || act === "Rollback";
}

export const sliceRows: readonly Row[] = [
  {
    id: "D8",
    name: "the namespace at rank 15 of 200 all wrong, 100/s: held within 20 min",
    runs: 800,
    quickRuns: 20,
    play: (seed) => play(seed, { regimeAt: () => (rank) => (rank === harmedRank ? wrong : usual), seconds: 1200 }),
    isCounted: isActed,
    must: { atLeast: 0.99 },
    since: 0,
  },
  {
    id: "D8",
    name: "200 namespaces, all at their limits, 100/s: wrongly held in 24 h",
    runs: 400,
    quickRuns: 1,
    play: (seed) => play(seed, { regimeAt: () => () => atLimits, seconds: 86_400 }),
    isCounted: isActed,
    must: { atMost: 0.01 },
  },
  ...aloneOnes.flatMap(({ name, minutes = 30, ...played }): Row[] => {
    const row = {
      id: "D8",
      runs: 400,
      quickRuns: 2,
      play: (seed: number) => play(seed, { ...played, seconds: chosenAfter + 60 * minutes }),
    };
    const what = `the busiest namespace of 200 alone ${name}, ${played.requestsPerSecond}/s`;
    const held = `${what}: held within ${minutes} min`;
    return [
      { ...row, name: `${what}: all rolled back`, countsRunsOf: held, isCounted: isRolledBack, must: { atMost: 0.01 } },
      {
        ...row,
        name: held,
        isCounted: isActed,
        must: { atLeast: 0.99 },
        since: chosenAfter,
      },
    ];
  }),
];
