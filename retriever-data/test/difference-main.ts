// What it takes to name the differences of two streams of ids: for the benchmark, which starts this as a process.
// `difference-main.ts table|sets IDS DIFFERENCES`, with --expose-gc; prints one JSON line.
// Both ways read the same ids in the same order, once for each side, and keep nothing of them but their own state.

import { setTimeout as settle } from "node:timers/promises";
import { type HashSeed, hashValue, makeHashId } from "@retriever/stores/chunks/element-hash.ts";
import { peel } from "#core/difference-table.ts";
import { makeIdSet } from "#core/id-set.ts";
import { leftoverIds } from "#core/leftover-ids.ts";
import { change, defaultCells, makeSketch, type Sketch, sumsOf } from "#core/sketch.ts";

type Kind = "same" | "missing" | "extra" | "stale";
type Answer = {
  readonly stateBytes: number;
  /** Resident memory beyond that of the process before. */
  readonly residentBytes: number;
  readonly seconds: number;
  readonly found: number;
  readonly falsely: number;
};

const [way, idsText, differencesText] = process.argv.slice(2);
const ids = Number(idsText);
const differences = Number(differencesText);
const seed: HashSeed = [1, 2];
const kinds: readonly Kind[] = ["missing", "extra", "stale", "missing", "stale"];
const stride = Math.floor(ids / differences);
const firstMs = Date.UTC(2026, 0, 1);

/** Every `stride`-th chunk differs, `differences` of them. */
function kindOf(index: number): Kind {
  if (index % stride !== 0 || index / stride >= differences) return "same";
  return kinds[(index / stride) % kinds.length] ?? "same";
}

type Side = "source" | "destination";

/** `updated_at` of a chunk on a side; NaN where it isn't there. */
function timeOf(index: number, side: Side): number {
  const kind = kindOf(index);
  if (kind === (side === "source" ? "extra" : "missing")) return Number.NaN;
  return firstMs + index * 10 - (kind === "stale" && side === "destination" ? 1 : 0);
}

/** Heap and buffers after a collection. */
function usedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A chunk's four words, as verify makes them, from ids written into one buffer. */
function makeElements(): (index: number, timeMs: number) => Int32Array {
  const hashId = makeHashId(seed);
  const element = new Int32Array(4);
  const bytes = Buffer.from("document-00000000");
  return (index, timeMs) => {
    for (let at = bytes.length - 1, rest = index; at >= 9; at -= 1, rest = Math.floor(rest / 10))
      bytes[at] = 48 + (rest % 10);
    hashId(bytes, 0, bytes.length, element);
    hashValue(timeMs, [0, 0], element);
    return element;
  };
}

/** The product's own steps: both streams into the sketch, then both once more for the names of what was left. */
function byTable(): Answer {
  const elementOf = makeElements();
  const [before, residentBefore, startedAt] = [usedBytes(), process.memoryUsage.rss(), performance.now()];
  let sketch: Sketch | undefined = makeSketch(defaultCells);
  for (const side of ["source", "destination"] as const) fill(sketch, elementOf, side);
  // What Node itself still frees meanwhile must not make the sketch look smaller than it is.
  const sketchBytes = Math.max(usedBytes() - before, sumsOf(sketch).byteLength);
  const residentBytes = process.memoryUsage.rss() - residentBefore;
  const leftovers = peel(sketch.table);
  if (!leftovers.isComplete) throw new Error("more differs than the table holds");
  sketch = undefined;
  const wanted = leftoverIds(leftovers);
  const sets = { source: makeIdSet(wanted.source), destination: makeIdSet(wanted.destination) };
  const named = new Set<number>();
  for (const side of ["source", "destination"] as const) {
    for (let index = 0; index < ids; index += 1) {
      const timeMs = timeOf(index, side);
      if (timeMs !== timeMs) continue;
      const words = elementOf(index, timeMs);
      if (sets[side].has(words[0] as number, words[1] as number)) named.add(index);
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const found = [...named].filter((index) => kindOf(index) !== "same").length;
  const stateBytes = Math.max(sketchBytes, wanted.source.byteLength + wanted.destination.byteLength);
  return { stateBytes, residentBytes, seconds, found, falsely: named.size - found };
}

function fill(sketch: Sketch, elementOf: (index: number, timeMs: number) => Int32Array, side: Side): void {
  const sign = side === "source" ? 1 : -1;
  for (let index = 0; index < ids; index += 1) {
    const timeMs = timeOf(index, side);
    if (timeMs === timeMs) change(sketch, elementOf(index, timeMs), sign);
  }
}

/** The obvious way: everything of one side is remembered, and struck off when the other side has it. */
function bySets(): Answer {
  const [before, residentBefore, startedAt] = [usedBytes(), process.memoryUsage.rss(), performance.now()];
  const unmatched = new Set<string>();
  const more: string[] = [];
  const textOf = (index: number, timeMs: number): string => `document-${String(index).padStart(8, "0")}|${timeMs}`;
  for (let index = 0; index < ids; index += 1) {
    const timeMs = timeOf(index, "source");
    if (timeMs === timeMs) unmatched.add(textOf(index, timeMs));
  }
  const stateBytes = usedBytes() - before;
  const residentBytes = process.memoryUsage.rss() - residentBefore;
  for (let index = 0; index < ids; index += 1) {
    const timeMs = timeOf(index, "destination");
    if (timeMs === timeMs && !unmatched.delete(textOf(index, timeMs))) more.push(textOf(index, timeMs));
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const named = new Set([...unmatched, ...more].map((text) => text.split("|")[0]));
  return { stateBytes, residentBytes, seconds, found: named.size, falsely: 0 };
}

// What reading this file took is gone by then.
await settle(200);
usedBytes();
await settle(200);
process.stdout.write(`${JSON.stringify(way === "sets" ? bySets() : byTable())}\n`);
