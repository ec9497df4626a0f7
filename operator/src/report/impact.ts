// What users had of the destination: for how long, in how many requests, and how it did against the source.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { mostSlices } from "#core/detection/lines.ts";
import { shareOf } from "#page/gate-curves.ts";
import type { Count, Step } from "./fold-records.ts";
import type { Impact } from "./report.ts";

type Facts = {
  readonly status: MigrationStatus;
  readonly steps: readonly Step[];
  readonly counts: readonly Count[];
  readonly harmSince: string | undefined;
  readonly slices: ReadonlySet<number>;
  readonly until: string;
};

/** Null where the destination never served. */
export function impactOf({ status, steps, counts, harmSince, slices, until }: Facts): Impact | null {
  const { cutoverAt, takenBack, rollback } = status;
  const from = cutoverAt ?? takenBack?.servedFrom;
  if (from === undefined) return null;
  const ended = rollback?.servedUntil ?? takenBack?.servedUntil ?? null;
  const sum = sumOf(steps, counts);
  return {
    from,
    until: ended,
    harmedSeconds: harmSince === undefined ? null : secondsBetween(harmSince, ended ?? until),
    seconds: secondsBetween(from, ended ?? until),
    requests: Math.round(sum.requests),
    failed: Math.round(sum.errors),
    failedChecked: Math.round(sum.failedChecked),
    failedWorse: Math.round(sum.failedWorse),
    compared: Math.round(sum.answered),
    scoreWorse: shareOf(sum.scoreWorse, sum.answered),
    latencyWorse: shareOf(sum.latencyWorse, sum.answered),
    slices: [...slices]
      .toSorted((a, b) => a - b)
      .map((slice) => (slice === mostSlices ? "the other namespaces" : `slice ${slice}`)),
  };
}

/** What the epochs had counted in which the destination was primary. */
function sumOf(steps: readonly Step[], counts: readonly Count[]): Counters {
  const epochs = new Set(steps.filter(({ primary }) => primary === "destination").map(({ epoch }) => epoch));
  const last = new Map(counts.filter(({ epoch }) => epochs.has(epoch)).map(({ epoch, totals }) => [epoch, totals]));
  const sum = noCounters();
  for (const totals of last.values()) {
    for (const key of summed) sum[key] += totals[key];
  }
  return sum;
}

const summed = [
  "requests",
  "errors",
  "failedChecked",
  "failedWorse",
  "answered",
  "scoreWorse",
  "latencyWorse",
] as const;

function secondsBetween(from: string, until: string): number {
  return Math.max(0, Date.parse(until) - Date.parse(from)) / 1000;
}
