// Slices: the busiest namespaces, chosen once for each side of the cutover, and all others as one more; and the gate of a
// stage on them: the rate doesn't rise while one namespace may be harmed. What slices that stand by themselves count is no
// part of the lines over all traffic.
import { hash } from "node:crypto";
import type { DetectionState, HarmLineName } from "@retriever/crds/status/harm-status.ts";
import type { Verdict } from "@retriever/crds/status/migration-status.ts";
import {
  addToSlice,
  type Counters,
  noSliceCounters,
  type SliceCounters,
} from "@retriever/sidecar/contract/evidence.ts";
import { percent } from "../gates/gate-message.ts";
import { keptCount } from "../model/kept-count.ts";
import type { Bin, BinPart } from "./new-bins.ts";
import { mostSlices } from "./slice-lines.ts";

/** Requests after which the busiest are told from the others, and how long is waited for them. */
const choosingRequests = 15_000;
const choosingSeconds = 900;
/** Namespaces that are remembered while it is chosen. */
const mostNames = 64;
/** Bytes of a name in the status, as JSON in UTF-8: whoever writes requests chooses it, and 64 of them have to have room. */
const mostNameBytes = 64;
/** Of a longer name: printable, and one byte each. */
const keptCharacters = 40;
const digestDigits = 16;

export type Slices = Pick<DetectionState, "slices" | "slicesChosenIn" | "nextSlices">;
type Names = DetectionState["slices"];

type Choosing = {
  /** Side of the cutover that they are chosen for. */
  readonly part: string;
  /** How long evidence has been gathered on this side, seconds. */
  readonly ageSeconds: number;
};

/**
 * The slices with one more bin: while they aren't chosen it is counted who is busy. Until then those of the other side are
 * judged: else a namespace that is harmed from the cutover on would be taken for all traffic.
 */
export function foldSlices(before: Slices, bin: Bin, { part, ageSeconds }: Choosing): Slices {
  if (before.slicesChosenIn === part) return before;
  const { slicesChosenIn, nextSlices = [] } = before;
  const isFirst = slicesChosenIn === undefined;
  const requests = new Map((isFirst ? before.slices : nextSlices).map((one) => [sliceName(one.name), one.requests]));
  for (const [namespace, counters] of bin.slices) {
    const name = sliceName(namespace);
    requests.set(name, keptCount((requests.get(name) ?? 0) + counters.requests));
  }
  const busiest = [...requests]
    .map(([name, count]) => ({ name, requests: count }))
    .toSorted((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1));
  const all = busiest.reduce((sum, one) => sum + one.requests, 0);
  const isChosen = busiest.length > 0 && (all >= choosingRequests || ageSeconds >= choosingSeconds);
  if (isChosen) return { slices: inPlaces(isFirst ? [] : before.slices, busiest), slicesChosenIn: part };
  const known = busiest.slice(0, mostNames);
  return isFirst ? { slices: known } : { slices: before.slices, slicesChosenIn, nextSlices: known };
}

/** The busiest; who was one of them before keeps the number, and so what is known of it. */
function inPlaces(before: Names, busiest: Names): Names {
  const chosen = busiest.slice(0, mostSlices);
  const places = new Map(before.slice(0, chosen.length).map(({ name }, place) => [sliceName(name), place]));
  const arranged: (Names[number] | undefined)[] = chosen.map(() => undefined);
  for (const one of chosen) {
    const place = places.get(one.name);
    if (place !== undefined) arranged[place] = one;
  }
  const others = chosen.filter(({ name }) => !places.has(name));
  return arranged.flatMap((one) => one ?? others.shift() ?? []);
}

/** Whether a number stands for the same requests as before. */
export function isSameSlice(before: Slices, after: Slices, slice: number): boolean {
  if (before.slicesChosenIn === after.slicesChosenIn) return true;
  const [was, is] = [before, after].map(({ slices }) => slices[slice]?.name);
  return was !== undefined && is !== undefined && sliceName(was) === sliceName(is);
}

/** What each chosen slice counted in a bin or a part of it, by its number; empty before they are chosen. */
export function sliceCounts({ slices, slicesChosenIn }: Slices, bin: BinPart): ReadonlyMap<number, SliceCounters> {
  const counts = new Map<number, SliceCounters>();
  if (slicesChosenIn === undefined) return counts;
  const numbers = new Map(slices.map(({ name }, index) => [sliceName(name), index]));
  for (const [namespace, counters] of bin.slices) {
    const number = numbers.get(sliceName(namespace)) ?? mostSlices;
    const known = counts.get(number) ?? noSliceCounters();
    counts.set(number, known);
    addToSlice(known, counters);
  }
  return counts;
}

/** Of one byte each in JSON. */
const plainName = /^[ !#-[\]-~]*$/;

/** The namespace itself; one that would be long is its beginning and a digest. The same again for its own result. */
export function sliceName(namespace: string): string {
  const isShort = namespace.length <= mostNameBytes;
  if (isShort && plainName.test(namespace)) return namespace;
  if (isShort && Buffer.byteLength(JSON.stringify(namespace)) - 2 <= mostNameBytes) return namespace;
  const beginning = namespace.slice(0, keptCharacters).replaceAll(/[^\x20-\x7e]|["\\]/g, "?");
  return `${beginning}~${hash("sha256", namespace).slice(0, digestDigits)}`;
}

/** From this part of the evidence that acting takes (on its scale of logarithms) on, a rise waits to be sure. */
const doubtfulEvidence = 0.5;

/** Undefined where no slice is judged by itself: no namespaces, or not chosen yet. */
export function judgeSlices(detection: DetectionState | undefined, windowSeconds: number): Verdict | undefined {
  if (detection === undefined || detection.slicesChosenIn === undefined) return undefined;
  const [worst] = detection.lines
    .filter(({ slice }) => slice !== null)
    .toSorted((a, b) => b.evidence - a.evidence || (a.slice ?? 0) - (b.slice ?? 0));
  const value = worst === undefined || worst.n <= 0 ? null : Math.min(1, worst.bad / worst.n);
  const { limit = 1, n = 0 } = worst ?? {};
  const facts = { gate: "slices", value, interval: null, n, limit, windowSeconds: Math.round(windowSeconds) };
  if (worst === undefined || worst.evidence < doubtfulEvidence) {
    return { ...facts, verdict: "Pass", message: `slices: none of ${detection.slices.length} namespaces stands out` };
  }
  const seen = `${worst.line}, ${percent(value)} of ${n} samples are bad, limit ${percent(limit)}`;
  return {
    ...facts,
    verdict: "NotYet",
    message: `slices: slice ${worst.slice} may be harmed (${seen}); waiting to be sure`,
  };
}

/** Lines that are judged by slice as well. */
export const sharedLines: readonly HarmLineName[] = [
  "score",
  "latency",
  "mismatch",
  "recall",
  "content",
  "shadowErrors",
  "liveErrors",
  "emptyAnswers",
  "liveLatency",
  "severe",
];

export type SliceCounts = ReadonlyMap<number, SliceCounters>;

/**
 * The slices that stand by themselves, as long as they are the minority: whoever can write queries for one namespace must
 * not move all. Where most of the traffic is harmed it isn't one namespace's affair.
 */
export function standingSlices({ lines }: DetectionState, { counters }: Bin, counts: SliceCounts): readonly number[] {
  const standing = new Set(lines.flatMap(({ slice, clock }) => (slice === null || clock === undefined ? [] : [slice])));
  const requests = [...standing].reduce((sum, slice) => sum + (counts.get(slice)?.requests ?? 0), 0);
  return requests * 2 > counters.requests ? [] : [...standing];
}

const sliceFields = Object.keys(noSliceCounters()).filter(
  (key): key is Exclude<keyof SliceCounters, "latencyBuckets" | "shadowLatencyBuckets"> => !key.endsWith("Buckets"),
);

/** All traffic less that of some slices. */
export function withoutSlices(all: Counters, slices: readonly number[], counts: SliceCounts): Counters {
  const taken = slices.flatMap((slice) => counts.get(slice) ?? []);
  if (taken.length === 0) return all;
  const rest = { ...all };
  for (const slice of taken) {
    for (const key of sliceFields) {
      rest[key] = Math.max(0, rest[key] - slice[key]);
    }
    for (const key of ["latencyBuckets", "shadowLatencyBuckets"] as const) {
      rest[key] = rest[key].map((count, bucket) => Math.max(0, count - (slice[key][bucket] ?? 0)));
    }
  }
  return rest;
}
