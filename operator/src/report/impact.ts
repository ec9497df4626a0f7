// What users had of the destination: for how long, in how many requests, and how it did against the source.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { mostSlices } from "#core/detection/slice-lines.ts";
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

/** A time in which the destination served; it hasn't ended where `until` is null. */
type Served = { readonly from: string; readonly until: string | null };

/** Null where the destination never served. */
export function impactOf(facts: Facts): Impact | null {
  const { steps, counts, harmSince, slices, until } = facts;
  const served = servedOf(facts);
  const [first, last] = [served[0], served.at(-1)];
  if (first === undefined || last === undefined) return null;
  const sum = sumOf(steps, counts);
  return {
    from: first.from,
    until: last.until,
    harmedSeconds: harmSince === undefined ? null : secondsBetween(harmSince, last.until ?? until),
    seconds: served.reduce((seconds, each) => seconds + secondsBetween(each.from, each.until ?? until), 0),
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

/** Each cutover that was taken back, and the one that stands. The status forgets all but the last, the steps have them all. */
function servedOf({ status, steps }: Facts): Served[] {
  const { cutoverAt, takenBack, rollback } = status;
  const earlier = earlierOf(steps, cutoverAt);
  const known = takenBack?.servedFrom;
  const before = earlier.length === 0 && known !== undefined ? [{ from: known, until: known }] : earlier;
  const back = takenBack?.servedUntil;
  // Pods follow some time after the decision that took it back.
  const ended = before.map((served, index) =>
    index === before.length - 1 && back !== undefined && back > served.until ? { ...served, until: back } : served,
  );
  return cutoverAt === undefined ? ended : [...ended, { from: cutoverAt, until: rollback?.servedUntil ?? null }];
}

/** By the steps, before the cutover that stands. */
function earlierOf(steps: readonly Step[], cutoverAt: string | undefined): { from: string; until: string }[] {
  const served: { from: string; until: string }[] = [];
  let from: string | undefined;
  for (const { at, primary } of steps) {
    if (cutoverAt !== undefined && at >= cutoverAt) break;
    if (primary === "destination") from ??= at;
    else if (from !== undefined) {
      served.push({ from, until: at });
      from = undefined;
    }
  }
  return served;
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
