// D2 to D5: a destination that does harm from some moment of the guard on, and how long that goes on.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { makeDraws } from "@retriever/kubectl/toy/draws.ts";
import { makeRandom } from "#support/random.ts";
import { drawFleetBin } from "../play/fleet-traffic.ts";
import { type End, playGuard, startSeconds } from "../play/guard.ts";
import type { Must, Row } from "../play/row.ts";
import { drawBaseline, healthy, planOf } from "../play/setting.ts";
import { AdaptiveRate, drawGuardBin, type Regime } from "../play/traffic.ts";
import { type Spell, withSpells } from "../play/worlds.ts";

const plan = planOf();
/** When harm begins; a random part of a bin is added. */
const begins = 3600;
const sustainedSeconds = 300;
const rates = [0.05, 0.2, 0.7, 2, 8, 20, 60, 200];

type Harmed = {
  readonly plan?: MigrationSpec;
  readonly rate: number;
  readonly harm: Partial<Regime>;
  /** What both stores suffer from all along. */
  readonly shared?: Partial<Regime>;
  /** How long each spell lasts, and when it begins after the first. */
  readonly spells: readonly { readonly after: number; readonly seconds: number }[];
  /** Nobody looks, seconds after the beginning of the first spell. */
  readonly away?: readonly [from: number, to: number];
  /** How long it is played after the first spell began. */
  readonly seconds: number;
  /** Left out: the fleet speaks as one. */
  readonly pods?: number;
};

/** The seconds of the end are since harm began. */
export function playHarm(
  seed: number,
  { plan: own = plan, rate, harm, shared, spells, away, seconds, pods }: Harmed,
): End {
  const random = makeRandom(seed);
  const draws = makeDraws({ next: random });
  const usual = { ...healthy, requestsPerSecond: rate };
  const from = begins + 10 * random();
  const bad = { ...usual, ...harm };
  const world = withSpells(
    { ...usual, ...shared },
    spells.map((spell): Spell => ({ from: from + spell.after, to: from + spell.after + spell.seconds, regime: bad })),
  );
  const adaptive = new AdaptiveRate(own.guard.sampling, rate);
  const end = playGuard({
    plan: own,
    baseline: drawBaseline(own, usual, draws),
    seconds: Math.ceil((begins + seconds) / 10) * 10,
    phase: random(),
    draw: (at) => {
      const bin =
        pods === undefined
          ? drawGuardBin(startSeconds + at, world(at), adaptive.value, draws)
          : drawFleetBin(startSeconds + at, world(at), pods, { rate: adaptive.value, draws });
      adaptive.count(bin.counters.requests);
      return bin;
    },
    ...(away === undefined ? {} : { away: [floorBin(from + away[0]), floorBin(from + away[1])] as const }),
  });
  return { ...end, seconds: end.seconds - from };
}

function floorBin(seconds: number): number {
  return Math.floor(seconds / 10) * 10;
}

export const endless = [{ after: 0, seconds: Number.POSITIVE_INFINITY }];
export const everythingFails = { failsAlone: 1, failsBoth: 0 };
export const everythingWrong = { scoreWorse: 1, mismatch: 1, overlap: 0, recall: { step: 1, worse: 1, better: 0 } };
export const everythingSlow = { slow: 1, latencyWorse: 1, latencyBetter: 0 };

function isLeft({ act, seconds }: End): boolean {
  return act === "Rollback" && seconds > 0;
}

function samplesPerSecond(rate: number): number {
  const { minRate, maxRate, maxQueriesPerSecond } = plan.guard.sampling;
  return Math.min(rate * maxRate, Math.max(rate * minRate, maxQueriesPerSecond));
}

export const left = { isCounted: isLeft, since: 0 } as const;

const failing: readonly Row[] = rates.map((rate) => ({
  ...left,
  id: "D2",
  name: `every request fails, ${rate}/s`,
  runs: 1000,
  quickRuns: 60,
  play: (seed) => playHarm(seed, { rate, harm: everythingFails, spells: endless, seconds: 120 + 60 / rate }),
  must: { atLeast: 1 },
  medianWithin: 16 / rate + 30,
  p95Within: 24 / rate + 30,
}));

const wrong: readonly Row[] = [
  { name: "every answer wrong", harm: everythingWrong },
  { name: "every answer 500 ms slower", harm: everythingSlow },
].flatMap(({ name, harm }) =>
  rates.map(
    (rate): Row => ({
      ...left,
      id: "D3",
      name: `${name}, ${rate}/s`,
      runs: 400,
      quickRuns: 20,
      play: (seed) => playHarm(seed, { rate, harm, spells: endless, seconds: 3600 + 100 / rate }),
      must: { atLeast: 1 },
      medianWithin: 1.5 * sustainedSeconds + 30 / samplesPerSecond(rate) + 10,
    }),
  ),
);

const fixed = planOf({ guard: { sampling: { mode: "Fixed", maxRate: 0.05, maxQueriesPerSecond: 1e-3 } } });

const slow: readonly Row[] = [
  { name: "30 % slow at 2/s", rate: 2, share: 0.3, hours: 2, must: { atLeast: 1 }, medianWithin: 1080, own: plan },
  { name: "8 % slow at 20/s", rate: 20, share: 0.08, hours: 6, must: { atLeast: 0.99 }, medianWithin: 4500, own: plan },
  { name: "30 % slow at 2/s, Fixed at 5 %", rate: 2, share: 0.3, hours: 6, must: "printed", own: fixed },
  { name: "8 % slow at 20/s, Fixed at 5 %", rate: 20, share: 0.08, hours: 12, must: "printed", own: fixed },
  { name: "30 % slow at 2/s, the source in 20 %", rate: 2, share: 0.3, by: 0.2, hours: 6, must: "printed", own: plan },
].map(
  ({ name, rate, share, by = 0.01, hours, must, medianWithin, own }): Row => ({
    ...left,
    id: "D4",
    name,
    runs: 600,
    quickRuns: 30,
    play: (seed) =>
      playHarm(seed, {
        plan: own,
        rate,
        harm: { latencyWorse: share, latencyBetter: by, slow: 0 },
        spells: endless,
        seconds: hours * 3600,
      }),
    must: must as Must,
    ...(medianWithin === undefined ? {} : { medianWithin }),
  }),
);

/** Never below sustainedFor; always from one and a half of it and a minute on. */
function lengthMust(seconds: number): Must {
  if (seconds <= sustainedSeconds) return { atMost: 0 };
  return seconds >= 1.5 * sustainedSeconds + 60 ? { atLeast: 1 } : "printed";
}

const lengths: readonly Row[] = Array.from({ length: 20 }, (_, step) => 30 * (step + 1)).map((seconds) => ({
  ...left,
  id: "D5",
  name: `every answer slow for ${seconds} s, 60/s`,
  runs: 300,
  quickRuns: 12,
  play: (seed) => playHarm(seed, { rate: 60, harm: everythingSlow, spells: [{ after: 0, seconds }], seconds: 2400 }),
  must: lengthMust(seconds),
}));

const outages: readonly Row[] = ["15s", "45s"].flatMap((severeFor) =>
  [5, 10, 15, 20, 30].map(
    (seconds): Row => ({
      ...left,
      id: "D5",
      name: `outage of ${seconds} s, 60/s, severeFor ${severeFor}`,
      runs: 400,
      quickRuns: 30,
      play: (seed) =>
        playHarm(seed, {
          plan: planOf({ rollback: { severeFor } }),
          rate: 60,
          harm: everythingFails,
          spells: [{ after: 0, seconds }],
          seconds: 1800,
        }),
      must: seconds <= 10 || severeFor === "45s" ? { atMost: 0 } : "printed",
    }),
  ),
);

const blips: readonly Row[] = [
  {
    name: "two blips of 4 min, 3 h apart, the operator away between them",
    away: [200, 3 * 3600 + 200] as const,
    after: 3 * 3600,
  },
  { name: "two blips of 4 min, 20 min apart, the operator away between them", away: [200, 1400] as const, after: 1200 },
].map(
  ({ name, away, after }): Row => ({
    ...left,
    id: "D5",
    name,
    runs: 400,
    quickRuns: 20,
    play: (seed) =>
      playHarm(seed, {
        rate: 60,
        harm: everythingSlow,
        spells: [
          { after: 0, seconds: 240 },
          { after, seconds: 240 },
        ],
        away,
        seconds: after + 3600,
      }),
    must: { atMost: 0 },
  }),
);

/** Hours in which both are slow lend a blip nothing. */
const amongShared: readonly Row[] = [2, 20].map((rate) => ({
  ...left,
  id: "D5",
  name: `both slow in 20 % for hours, the destination in all for 60 s more, ${rate}/s`,
  runs: 400,
  quickRuns: 12,
  play: (seed) =>
    playHarm(seed, {
      rate,
      harm: everythingSlow,
      shared: { latencyWorse: 0.2, latencyBetter: 0.2 },
      spells: [{ after: 0, seconds: 60 }],
      seconds: 1800,
    }),
  must: "printed",
}));

export const harmedRows: readonly Row[] = [
  ...failing,
  ...wrong,
  ...slow,
  ...lengths,
  ...outages,
  ...blips,
  ...amongShared,
];
