// D1 and D1a: destinations that are within every limit, or as bad as the source, and must be left alone.
import { makeDraws } from "@retriever/kubectl/toy/draws.ts";
import { makeRandom, type Random } from "#support/random.ts";
import { drawFleetBin } from "../play/fleet-traffic.ts";
import { type End, playGuard, startSeconds } from "../play/guard.ts";
import type { Row } from "../play/row.ts";
import { drawBaseline, healthy, latencies, planOf, usualMedianMs } from "../play/setting.ts";
import { AdaptiveRate, drawGuardBin, type Regime } from "../play/traffic.ts";
import { inBursts, steady, varying, type World, withSpells } from "../play/worlds.ts";

const plan = planOf();
const day = 86_400;
const hour = 3600;

/** Requests a second of the fleet by the second of the day. */
type Profile = { readonly name: string; readonly at: (seconds: number) => number };

export function steadyAt(rate: number): Profile {
  return { name: `${rate}/s`, at: () => rate };
}

const rates = [0.05, 0.2, 0.7, 2, 8, 20, 60, 200];

/** 60 by day, 3 by night, and one turn a day between. */
const dayAndNight: Profile = {
  name: "3 to 60/s by the hour",
  at: (seconds) => 31.5 - 28.5 * Math.cos((2 * Math.PI * seconds) / day),
};

const profiles: readonly Profile[] = [...rates.map(steadyAt), dayAndNight];

/** Every line at its limit: what the ramp measured plus what the plan allows. */
const { thresholds, recall } = plan;
const atLimits: Regime = {
  ...healthy,
  failsBoth: 0,
  failsAlone: healthy.failsBoth + thresholds.livePrimary.maxErrorIncrease,
  emptyAlone: thresholds.livePrimary.maxEmptyIncrease,
  slow: 0.05,
  scoreWorse: thresholds.scoreDelta.maxBadShare,
  latencyWorse: thresholds.latencyDelta.maxBadShare,
  latencyBetter: 0,
  mismatch: healthy.mismatch + thresholds.mismatch.maxIncrease,
  recall: { step: 0.1, worse: 0.1 + 10 * recall.maxLoss, better: 0.1 },
};

/** Nothing but what the ramp measured. */
const calm: Regime = {
  ...healthy,
  failsBoth: 0,
  failsAlone: healthy.failsBoth,
  scoreWorse: 0,
  latencyWorse: 0,
  latencyBetter: 0,
};

type Share = keyof Omit<Regime, "recall" | "content">;

function between(from: Regime, to: Regime, part: number): Regime {
  const mix = (key: Share): number => from[key] + part * (to[key] - from[key]);
  const keys = Object.keys(from).filter((key): key is Share => key !== "recall" && key !== "content");
  const worse = from.recall.worse + part * (to.recall.worse - from.recall.worse);
  return {
    ...from,
    ...Object.fromEntries(keys.map((key) => [key, mix(key)])),
    recall: { ...to.recall, worse },
  };
}

const minute = { meanSeconds: 60, share: 0.1, stages: 4 };

function both(medianMs: number): Partial<Regime> {
  return latencies(plan, medianMs, medianMs);
}

const usual: Regime = { ...healthy, ...both(usualMedianMs) };
const both3x: Regime = { ...healthy, ...both(3 * usualMedianMs) };

type Kind = {
  readonly name: string;
  readonly world: (random: Random) => World;
  /** By as much the load is multiplied. */
  readonly load?: (at: number) => number;
  readonly runs?: number;
  /** Median latency in the ramp. */
  readonly medianMs?: number;
  /** Left out: the fleet speaks as one. */
  readonly pods?: number;
};

/** Twenty minutes, three times a day. */
function isSpike(at: number): boolean {
  return [3, 11, 19].some((from) => at >= from * hour && at < from * hour + 1200);
}

const hourly = Array.from({ length: 24 * 6 }, (_, slot) =>
  both(usualMedianMs * (2 - Math.cos((2 * Math.PI * slot) / (24 * 6)))),
);

export const kinds: readonly Kind[] = [
  { name: "all lines at 100 % of their limits", world: () => steady(atLimits), runs: 700 },
  {
    name: "bursts of 60 s, all lines at 60 %",
    world: (random) => inBursts(calm, between(calm, atLimits, 0.6), minute, random),
    runs: 700,
  },
  {
    name: "both stores 3x slower for 6 h",
    world: () => withSpells(usual, [{ from: 2 * hour + 3, to: 8 * hour + 3, regime: both3x }]),
  },
  {
    name: "latency of both by the hour, up to 3x",
    world: () => varying((at) => ({ ...healthy, ...hourly[Math.floor(at / 600) % hourly.length] })),
  },
  {
    name: "load x5 with both 3x slower",
    world: () => varying((at) => (isSpike(at) ? both3x : usual)),
    load: (at) => (isSpike(at) ? 5 : 1),
  },
  {
    name: "a client retries a failing query",
    world: (random) => {
      const spell = (from: number) => {
        const failsBoth = 0.1 + 0.2 * random();
        return { from, to: from + hour, regime: { ...usual, failsBoth } };
      };
      return withSpells(usual, [spell(4 * hour + 7 * random()), spell(15 * hour + 7 * random())]);
    },
  },
];

/** Plays a day in which nothing may be done. */
export function playDay(
  seed: number,
  profile: Profile,
  { world, load = () => 1, medianMs = usualMedianMs, pods }: Kind,
): End {
  const random = makeRandom(seed);
  const draws = makeDraws({ next: random });
  const first = profile.at(0);
  const baseline = drawBaseline(plan, { ...usual, requestsPerSecond: first }, draws, medianMs);
  const segments = world(random);
  const rate = new AdaptiveRate(plan.guard.sampling, first);
  return playGuard({
    plan,
    baseline,
    seconds: day,
    phase: random(),
    draw: (at) => {
      const requestsPerSecond = profile.at(at) * load(at);
      const parts = segments(at).map(({ regime, seconds }) => ({ regime: { ...regime, requestsPerSecond }, seconds }));
      const bin =
        pods === undefined
          ? drawGuardBin(startSeconds + at, parts, rate.value, draws)
          : drawFleetBin(startSeconds + at, parts, pods, { rate: rate.value, draws });
      rate.count(bin.counters.requests);
      return bin;
    },
  });
}

export function isRolledBack({ act }: End): boolean {
  return act === "Rollback";
}

const coldMinutes = 10;

/** Three times slower at first, and as fast as the other after ten minutes. */
function coldFactor(at: number): number {
  return 1 + 2 * Math.max(0, 1 - at / (coldMinutes * 60));
}

const same: Regime = {
  ...healthy,
  scoreWorse: 0,
  mismatch: 0.02,
  overlap: 0.98,
  recall: { step: 0.1, worse: 0.05, better: 0.05 },
};

function copies(destination: (at: number) => number, source: (at: number) => number): World {
  const known = new Map<number, Regime>();
  return varying((at) => {
    const key = Math.min(at, coldMinutes * 60);
    const regime = known.get(key) ?? { ...same, ...latencies(plan, destination(key), source(key), copyMs) };
    known.set(key, regime);
    return regime;
  });
}

const copyMs = 20;
const warm = (): number => copyMs;
const cold = (at: number): number => copyMs * coldFactor(at);

const copyKinds: readonly Kind[] = [
  { name: "A/A, both warm", medianMs: copyMs, world: () => copies(warm, warm) },
  { name: "A/A, the destination a cold copy", medianMs: copyMs, world: () => copies(cold, warm) },
  { name: "A/A, roles swapped: the source cold", medianMs: copyMs, world: () => copies(warm, cold) },
];

function rowsOf(id: string, kind: Kind, of: readonly Profile[]): readonly Row[] {
  return of.map((profile) => ({
    id,
    name: `${kind.name}, ${profile.name}`,
    runs: kind.runs ?? 400,
    quickRuns: 4,
    play: (seed) => playDay(seed, profile, kind),
    isCounted: isRolledBack,
    must: { atMost: 0.01 },
  }));
}

export const healthyRows: readonly Row[] = [
  ...kinds.flatMap((kind) => rowsOf("D1", kind, profiles)),
  ...copyKinds.flatMap((kind) =>
    rowsOf(
      "D1a",
      kind,
      profiles.filter(({ name }) => ["0.7/s", "8/s", "60/s"].includes(name)),
    ),
  ),
];
