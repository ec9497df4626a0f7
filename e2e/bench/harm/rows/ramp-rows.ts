// D6, D9 and D10: destinations in the ramp that fail samples, find more or less than the source, or are bad in bursts.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { makeDraws } from "@retriever/kubectl/toy/draws.ts";
import { makeRandom, type Random } from "#support/random.ts";
import { type End, startSeconds } from "../play/guard.ts";
import { playRamp } from "../play/ramp.ts";
import type { Row } from "../play/row.ts";
import { healthy, planOf } from "../play/setting.ts";
import { drawRampBin, type Regime } from "../play/traffic.ts";
import { steady, varying, type World } from "../play/worlds.ts";

const plan = planOf();
const hour = 3600;

type Ramp = {
  readonly plan?: MigrationSpec;
  readonly world: (random: Random) => World;
  readonly hours: number;
};

function play(seed: number, { plan: own = plan, world, hours }: Ramp): End {
  const random = makeRandom(seed);
  const draws = makeDraws({ next: random });
  const segments = world(random);
  return playRamp({
    plan: own,
    seconds: hours * hour,
    draw: (at, sampleRate) => drawRampBin(startSeconds + at, segments(at), sampleRate, draws),
  });
}

const lag = { ...healthy, failsBoth: 0.003 };

function isStopped({ act }: End): boolean {
  return act === "StepDown" || act === "Hold" || act === "GateFailed";
}

const limit = plan.thresholds.shadowErrors.maxBadShare;

const shadowErrors: readonly Row[] = [20, 60, 200, 1000].flatMap((rate) =>
  [
    { name: "half the limit", share: limit / 2, must: { atMost: 0.01 } },
    { name: "ten times the limit", share: 10 * limit, must: { atLeast: 0.99 } },
  ].map(
    ({ name, share, must }): Row => ({
      id: "D6",
      name: `shadow errors at ${name}, whole ramp, ${rate}/s`,
      runs: 600,
      quickRuns: 4,
      play: (seed) =>
        play(seed, { world: () => steady({ ...lag, requestsPerSecond: rate, shadowErrors: share }), hours: 72 }),
      isCounted: isStopped,
      must,
      since: 0,
    }),
  ),
);

const found = (recall: Regime["recall"], more: Partial<Regime>): Regime => ({
  ...lag,
  requestsPerSecond: 20,
  recall,
  ...more,
});
const noRecall = planOf({ recall: { mode: "Off" } });

const recallRows: readonly Row[] = [
  {
    name: "the source finds 0.3 of what the destination finds",
    regime: found({ step: 0.7, worse: 0, better: 1 }, { mismatch: 0.7, overlap: 0.3 }),
    must: { atMost: 0.01 },
  },
  {
    name: "duplicates: ties, nothing differs",
    regime: found({ step: 0.1, worse: 0, better: 0 }, { mismatch: 0, overlap: 1 }),
    must: { atMost: 0.01 },
  },
  {
    name: "duplicates that are not seen as ties: mismatch 1, equal recall",
    regime: found({ step: 0.1, worse: 0, better: 0 }, { mismatch: 1, overlap: 0 }),
    must: "printed" as const,
  },
  {
    name: "both find 0.3 by filters, not the same: equal recall",
    regime: found({ step: 0.2, worse: 0.3, better: 0.3 }, { mismatch: 0.7, overlap: 0.3 }),
    must: "printed" as const,
  },
  {
    name: "the destination's recall lower by 0.1",
    regime: found({ step: 0.2, worse: 0.6, better: 0.1 }, {}),
    must: { atLeast: 0.99 },
  },
  {
    name: "half of the destination's chunks missing",
    regime: found({ step: 0.5, worse: 1, better: 0 }, { mismatch: 0.5, overlap: 0.5 }),
    must: { atLeast: 1 },
  },
  {
    name: "half of the destination's chunks missing, recall Off",
    regime: found({ step: 0.5, worse: 1, better: 0 }, { mismatch: 0.5, overlap: 0.5 }),
    own: noRecall,
    must: { atLeast: 1 },
  },
  {
    name: "half of the source's chunks missing",
    regime: found({ step: 0.5, worse: 0, better: 1 }, { mismatch: 0.5, overlap: 0.5 }),
    must: { atMost: 0.01 },
  },
].map(
  ({ name, regime, must, own }): Row => ({
    id: "D9",
    name: `${name}, 20/s`,
    runs: 600,
    quickRuns: 4,
    play: (seed) => play(seed, { world: () => steady(regime), hours: 24, ...(own === undefined ? {} : { plan: own }) }),
    isCounted: isStopped,
    must,
    since: 0,
  }),
);

/** Ten minutes in a hundred, at a random place of each hundred. */
function longBursts(rate: number, random: Random): World {
  const calm: Regime = { ...lag, requestsPerSecond: rate, latencyWorse: 0, latencyBetter: 0, scoreWorse: 0 };
  const bad = { ...calm, latencyWorse: 0.3 };
  const first = random() * 6000;
  return varying((at) => ((at + first) % 6000 < 600 ? bad : calm));
}

const longBurstsName = "30 % slow for 10 min in 100, whole ramp";

const burstRows: readonly Row[] = [10, 50].flatMap((rate) =>
  [
    { name: "a gate failed", isCounted: ({ act }: End) => act === "GateFailed" },
    { name: "harm acted", again: true, isCounted: ({ act }: End) => act === "StepDown" || act === "Hold" },
  ].map(
    ({ name, again, isCounted }): Row => ({
      id: "D10",
      name: `${longBurstsName}: ${name}, ${rate}/s`,
      ...(again === true ? { countsRunsOf: `${longBurstsName}: a gate failed, ${rate}/s` } : {}),
      runs: 300,
      quickRuns: 3,
      play: (seed) => play(seed, { world: (random) => longBursts(rate, random), hours: 24 }),
      isCounted,
      must: "printed",
      since: 0,
    }),
  ),
);

export const rampRows: readonly Row[] = [...shadowErrors, ...recallRows, ...burstRows];
