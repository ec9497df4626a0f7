// Slices: the busiest namespaces, chosen once for each side of the cutover, and all others as one more.
import { hash } from "node:crypto";
import type { DetectionState } from "@retriever/crds/status/harm-status.ts";
import type { SliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import { keptCount } from "../model/kept-count.ts";
import { mostSlices } from "./lines.ts";
import type { Bin, BinPart } from "./new-bins.ts";

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

export type Slices = Pick<DetectionState, "slices" | "slicesChosenIn">;

type Choosing = {
  /** Side of the cutover that they are chosen for. */
  readonly part: string;
  /** How long evidence has been gathered on this side, seconds. */
  readonly ageSeconds: number;
};

/** The slices with one more bin: while they aren't chosen it is counted who is busy. */
export function foldSlices(before: Slices, bin: Bin, { part, ageSeconds }: Choosing): Slices {
  if (before.slicesChosenIn === part) return before;
  const requests = new Map(
    before.slicesChosenIn === undefined ? before.slices.map((one) => [sliceName(one.name), one.requests]) : [],
  );
  for (const [namespace, counters] of bin.slices) {
    const name = sliceName(namespace);
    requests.set(name, keptCount((requests.get(name) ?? 0) + counters.requests));
  }
  const busiest = [...requests]
    .map(([name, count]) => ({ name, requests: count }))
    .toSorted((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1));
  const all = busiest.reduce((sum, one) => sum + one.requests, 0);
  const isChosen = busiest.length > 0 && (all >= choosingRequests || ageSeconds >= choosingSeconds);
  return isChosen
    ? { slices: busiest.slice(0, mostSlices), slicesChosenIn: part }
    : { slices: busiest.slice(0, mostNames) };
}

/** What each chosen slice counted in a bin or a part of it, by its number; empty before they are chosen. */
export function sliceCounts({ slices, slicesChosenIn }: Slices, bin: BinPart): ReadonlyMap<number, SliceCounters> {
  const counts = new Map<number, SliceCounters>();
  if (slicesChosenIn === undefined) return counts;
  const numbers = new Map(slices.map(({ name }, index) => [sliceName(name), index]));
  for (const [namespace, counters] of bin.slices) {
    const number = numbers.get(sliceName(namespace)) ?? mostSlices;
    const known = counts.get(number);
    if (known === undefined) counts.set(number, { ...counters });
    else for (const key of Object.keys(known) as (keyof SliceCounters)[]) known[key] += counters[key];
  }
  return counts;
}

/** The namespace itself; one that would be long is its beginning and a digest. The same again for its own result. */
export function sliceName(namespace: string): string {
  const isShort = namespace.length <= mostNameBytes;
  if (isShort && Buffer.byteLength(JSON.stringify(namespace)) - 2 <= mostNameBytes) return namespace;
  const beginning = namespace.slice(0, keptCharacters).replaceAll(/[^\x20-\x7e]|["\\]/g, "?");
  return `${beginning}~${hash("sha256", namespace).slice(0, digestDigits)}`;
}
