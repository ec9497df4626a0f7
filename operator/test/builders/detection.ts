// The state of the detectors, with only what a test is about.
import type { CauseClock, DetectionState, HarmLine, HarmLineName } from "@retriever/crds/status/harm-status.ts";
import { noon } from "./world.ts";

function ago(seconds: number): string {
  return new Date(noon - seconds * 1000).toISOString();
}

/** A clock of ten minutes, in whose time half of 100 samples were bad. */
export function aClock(more: Partial<CauseClock> = {}): CauseClock {
  const sums = { bad: 50, n: 100, sourceBad: 0, sourceN: 50 };
  const part = {
    partFrom: ago(30),
    partBad: 0,
    partN: 0,
    partSquares: 0,
    parts: 3,
    seenAt: ago(0),
  };
  return { since: ago(600), share: 0.3, ...sums, ...part, verdict: "worse", ...more };
}

/** A line whose evidence stands, for ten minutes and surely. */
export function aStandingLine(line: HarmLineName, more: Partial<HarmLine> = {}): HarmLine {
  return { line, slice: null, limit: 0.05, bad: 60, n: 1000, evidence: 1, logs: [40], clock: aClock(), ...more };
}

/** A line that fails on a grand scale, for half a minute and at two pods. */
export function aSevereLine(more: Partial<NonNullable<HarmLine["run"]>> = {}): HarmLine {
  const run = {
    from: ago(30),
    requests: 100,
    failures: 90,
    sourceBad: 0,
    sourceN: 30,
    failingSeconds: 27,
    partBad: 0,
    partN: 0,
    pods: ["a", "b"],
  };
  return {
    line: "severe",
    slice: null,
    limit: 0.2,
    bad: 90,
    n: 1000,
    evidence: 1,
    logs: [90],
    run: { ...run, ...more },
  };
}

/** What was judged of an epoch until just now. */
export function aDetection(epoch: number, lines: readonly HarmLine[] = []): DetectionState {
  return { epoch, from: ago(3600), until: ago(0), lines: [...lines], slices: [] };
}
