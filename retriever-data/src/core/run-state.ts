// The whole state of a run between two pages: what a checkpoint keeps and a resumed run starts from.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { mostDoubled, type VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { HashSeed } from "@retriever/stores/chunks/element-hash.ts";
import type { MomentPrecision } from "@retriever/stores/ports/chunk-store.ts";
import { makeSketch, type Sketch } from "./sketch.ts";

/** table: both stores are read into the table; name: the ids of what is left are searched; then vectors, then confirming. */
export const runSteps = ["table", "name", "vectors", "confirm"] as const;
export type RunStep = (typeof runSteps)[number];

export type SideState = {
  /** Of the current pass; null before its first batch. */
  cursor: string | null;
  isDone: boolean;
};
type Units = { milliseconds: number; seconds: number; days: number };
export type SideTotals = {
  /** Chunks of the scope that the first pass read, those with `updated_at`, and the newest of these. */
  read: number;
  dated: number;
  newestMs: number | null;
  /** Of those with `updated_at`: held no finer than so, and no whole one of these. */
  readonly coarse: Units;
  readonly odd: Units;
};
/** Ids that a store holds more than once: how many, and the first `mostDoubled` of them. A scan gives each once. */
export type DoubledIds = { count: number; readonly ids: string[] };

export type RunState = {
  readonly scope: VerifyReport["scope"];
  readonly startedAtMs: number;
  readonly seed: HashSeed;
  readonly cells: number;
  step: RunStep;
  /** Passes over the table: of `parts` parts of the ids the one that is being read; 0 of 1 at first. */
  part: number;
  parts: number;
  /** Parts that are read at all; fewer than `parts` when no list could hold what differs. */
  lastPart: number;
  /** How finely moments are compared. */
  momentPrecision: MomentPrecision;
  /** Whether the table holds moments rounded to it: by default they are cut. */
  roundsMoments: boolean;
  /** Whether more differs than is named. */
  isTruncated: boolean;
  readonly sides: Readonly<Record<StoreName, SideState>>;
  readonly totals: Record<StoreName, SideTotals>;
  /** Seen while reading, or by a look-up. */
  readonly doubled: Readonly<Record<StoreName, DoubledIds>>;
  /** Digests of the stores' own names when the run began; null: not told, or not asked yet. */
  readonly places: Record<StoreName, string | null>;
  sketch: Sketch;
  /** Pairs of id words of what was left of the table, by the store that holds the chunk. */
  wanted: Record<StoreName, Int32Array>;
  /** Ids that seem to differ. */
  suspects: string[];
};

type Beginning = Pick<RunState, "scope" | "startedAtMs" | "seed" | "cells">;

/** A run before its first page. */
export function beginRun(beginning: Beginning): RunState {
  return {
    ...beginning,
    step: "table",
    part: 0,
    parts: 1,
    lastPart: 0,
    momentPrecision: "microsecond",
    roundsMoments: false,
    isTruncated: false,
    sides: { source: freshSide(), destination: freshSide() },
    totals: { source: noTotals(), destination: noTotals() },
    doubled: { source: { count: 0, ids: [] }, destination: { count: 0, ids: [] } },
    places: { source: null, destination: null },
    sketch: makeSketch(beginning.cells),
    wanted: { source: new Int32Array(0), destination: new Int32Array(0) },
    suspects: [],
  };
}

/** Both stores are to be read from the beginning. */
export function rewind(state: RunState): void {
  for (const name of ["source", "destination"] as const) Object.assign(state.sides[name], freshSide());
}

function freshSide(): SideState {
  return { cursor: null, isDone: false };
}

/** Everything is to be read and counted anew, with moments compared so. */
export function restartBy(state: RunState, precision: MomentPrecision): void {
  state.momentPrecision = precision;
  for (const name of ["source", "destination"] as const) {
    state.totals[name] = noTotals();
    Object.assign(state.doubled[name], { count: 0, ids: [] });
  }
  state.sketch = makeSketch(state.cells);
  rewind(state);
}

/** Counts ids of one page of a scan; no other page of the pass has them. */
export function addDoubled(held: DoubledIds, ids: readonly string[]): void {
  held.count += ids.length;
  held.ids.push(...ids.slice(0, Math.max(0, mostDoubled - held.ids.length)));
}

/**
 * Adds what look-ups found. Where the list doesn't hold all that the scan counted, what isn't listed was counted by it
 * already: a store whose scan sees doubles sees all of them.
 */
export function addFoundDoubled(held: DoubledIds, found: ReadonlySet<string>): void {
  if (held.count > held.ids.length) return;
  const listed = new Set(held.ids);
  addDoubled(
    held,
    [...found].filter((id) => !listed.has(id)),
  );
}

function noTotals(): SideTotals {
  const none = { milliseconds: 0, seconds: 0, days: 0 };
  return { read: 0, dated: 0, newestMs: null, coarse: { ...none }, odd: { ...none } };
}
