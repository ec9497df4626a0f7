// What holds only at some moments of a rehearsal: bursts of bad samples, slow hours, stores that have just become busy. Pure.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { Overlay, StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { makeRandom } from "#toy/draws.ts";
import type { World } from "./world.ts";

type Moment = Readonly<Record<StoreName, "warm" | "cold">> & {
  readonly isBurst: boolean;
  /** Both stores take so many times as long as at other hours. */
  readonly slower: number;
};

/** When each store last got more to do, epoch ms. */
type BusySince = Readonly<Record<StoreName, number>>;

export const neverBusier: BusySince = { source: Number.NEGATIVE_INFINITY, destination: Number.NEGATIVE_INFINITY };

/** After another overlay: a store that is asked for the first time, or becomes primary, has got more to do. */
export function busySinceAfter(
  busy: BusySince,
  change: { readonly before: Overlay | null; readonly after: Overlay | null },
  nowMs: number,
): BusySince {
  const since = (store: StoreName): number =>
    loadOf(store, change.after) > loadOf(store, change.before) ? nowMs : busy[store];
  return { source: since("source"), destination: since("destination") };
}

function loadOf(store: StoreName, overlay: Overlay | null): number {
  const { primary, shadow, sampleRate } = overlay ?? { primary: "source", shadow: "none", sampleRate: 0 };
  return store === primary ? 2 : store === shadow && sampleRate > 0 ? 1 : 0;
}

/** Makes the rule by which a scenario's moments follow each other: bursts come when the seed says. */
export function makeMoments(startMs: number, seed: number) {
  return (world: World, busy: BusySince, nowMs: number): Moment => ({
    source: heatOf(world, "source", busy, nowMs),
    destination: heatOf(world, "destination", busy, nowMs),
    isBurst: isBurst(world, nowMs - startMs, seed),
    slower: world.latencyByHour?.[new Date(nowMs).getUTCHours()] ?? 1,
  });
}

/** The world as it is at such a moment. */
export function worldAtMoment(world: World, moment: Moment): World {
  const { bursts } = world.destination;
  const burst = moment.isBurst && bursts !== undefined ? { [bursts.of]: bursts.share } : {};
  return {
    ...world,
    latencyFactor: world.latencyFactor * moment.slower,
    source: { ...world.source, ...coldLatency(world, "source", moment) },
    destination: { ...world.destination, ...coldLatency(world, "destination", moment), ...burst },
  };
}

function heatOf(world: World, store: StoreName, busy: BusySince, nowMs: number): "warm" | "cold" {
  const { cold } = world[store];
  return cold !== undefined && nowMs - busy[store] < durationSeconds(cold.for) * 1000 ? "cold" : "warm";
}

function coldLatency(world: World, store: StoreName, moment: Moment): { latencyMs?: number } {
  const { cold } = world[store];
  return moment[store] === "cold" && cold !== undefined ? { latencyMs: cold.latencyMs } : {};
}

/** One burst in each period, at any time of it. */
function isBurst({ destination }: World, sinceStartMs: number, seed: number): boolean {
  const { bursts } = destination;
  if (bursts === undefined) return false;
  const [everyMs, lengthMs] = [durationSeconds(bursts.every) * 1000, durationSeconds(bursts.length) * 1000];
  const period = Math.floor(sinceStartMs / everyMs);
  const beginMs = makeRandom(seed + 7919 * (period + 1)).next() * Math.max(0, everyMs - lengthMs);
  const inPeriodMs = sinceStartMs - period * everyMs;
  return inPeriodMs >= beginMs && inPeriodMs < beginMs + lengthMs;
}
