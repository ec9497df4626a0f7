// The whole state of a run between two pages: what a checkpoint keeps and a resumed run starts from.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { HashSeed } from "@retriever/stores/chunks/element-hash.ts";
import { makeSketch, type Sketch } from "./sketch.ts";

/** table: both stores are read into the table; name: the ids of what is left are searched; then vectors, then confirming. */
export const runSteps = ["table", "name", "vectors", "confirm"] as const;
export type RunStep = (typeof runSteps)[number];

export type SideState = {
  /** Of the current pass; null before its first batch. */
  cursor: string | null;
  isDone: boolean;
};
export type SideTotals = {
  /** Chunks of the scope that the first pass read, those with `updated_at`, and the newest of these. */
  read: number;
  dated: number;
  newestMs: number | null;
};

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
  /** Whether more differs than is named. */
  isTruncated: boolean;
  readonly sides: Readonly<Record<StoreName, SideState>>;
  readonly totals: Readonly<Record<StoreName, SideTotals>>;
  sketch: Sketch;
  /** Pairs of id words that are to be named, by the store that names them. */
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
    isTruncated: false,
    sides: { source: freshSide(), destination: freshSide() },
    totals: { source: noTotals(), destination: noTotals() },
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

function noTotals(): SideTotals {
  return { read: 0, dated: 0, newestMs: null };
}
