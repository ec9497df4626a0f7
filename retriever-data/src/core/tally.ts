// Counts differences by kind and namespace, and lists them.
import {
  type Difference,
  type DifferenceCounts,
  type DifferenceKind,
  mostDifferences,
  type VerifyReport,
} from "@retriever/sidecar/contract/verify-report.ts";
import { isMoment } from "./moment-unit.ts";
import type { Pair } from "./pair.ts";

export type Tally = Pick<
  VerifyReport,
  "counts" | "namespaces" | "newestDifferenceAt" | "isListComplete" | "differences"
>;
type Confirmed = { readonly pair: Pair; readonly kind: DifferenceKind | null };

const mostNamespaces = 100;
const mostNameLength = 253;
const withoutNamespace = "(none)";
const otherNamespaces = "(other)";

/** `isTruncated`: more differs than was compared. Differences come in the order of their ids. */
export function tally(confirmed: readonly Confirmed[], isTruncated: boolean): Tally {
  const counts = noCounts();
  const byNamespace = new Map<string, DifferenceCounts>();
  const differences: Difference[] = [];
  let newestMs: number | null = null;
  for (const { pair, kind } of confirmed) {
    const namespace = namespaceOf(pair);
    const own = byNamespace.get(namespace ?? withoutNamespace) ?? noCounts();
    byNamespace.set(namespace ?? withoutNamespace, own);
    counts[kind ?? "lagging"] += 1;
    own[kind ?? "lagging"] += 1;
    if (kind === null) continue;
    differences.push(differenceFrom(pair, kind, namespace));
    newestMs = latest(newestMs, pair);
  }
  differences.sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    counts,
    namespaces: busiest(byNamespace),
    newestDifferenceAt: isoOf(newestMs),
    isListComplete: !isTruncated && differences.length <= mostDifferences,
    differences: differences.slice(0, mostDifferences),
  };
}

function differenceFrom({ id, source, destination }: Pair, kind: DifferenceKind, namespace: string | null): Difference {
  const sourceUpdatedAt = exactIsoOf(source?.updatedAtMs ?? null);
  const destinationUpdatedAt = exactIsoOf(destination?.updatedAtMs ?? null);
  return { id, kind, namespace, sourceUpdatedAt, destinationUpdatedAt };
}

function namespaceOf({ source, destination }: Pair): string | null {
  return (source?.namespace ?? destination?.namespace)?.slice(0, mostNameLength) ?? null;
}

function latest(newestMs: number | null, { source, destination }: Pair): number | null {
  const times = [newestMs, source?.updatedAtMs, destination?.updatedAtMs].filter(
    (time) => typeof time === "number" && isMoment(time),
  ) as number[];
  return times.length === 0 ? null : Math.max(...times);
}

function noCounts(): DifferenceCounts {
  return { missing: 0, extra: 0, stale: 0, payload: 0, vector: 0, lagging: 0 };
}

function busiest(byNamespace: ReadonlyMap<string, DifferenceCounts>): VerifyReport["namespaces"] {
  const sum = (counts: DifferenceCounts): number => Object.values(counts).reduce((total, count) => total + count, 0);
  const ordered = [...byNamespace]
    .map(([namespace, counts]) => ({ namespace, counts }))
    .toSorted((a, b) => sum(b.counts) - sum(a.counts) || (a.namespace < b.namespace ? -1 : 1));
  const rest = ordered.slice(mostNamespaces);
  if (rest.length === 0) return ordered;
  const other = noCounts();
  for (const { counts } of rest) {
    for (const kind of Object.keys(other) as (keyof DifferenceCounts)[]) other[kind] += counts[kind];
  }
  return [...ordered.slice(0, mostNamespaces), { namespace: otherNamespaces, counts: other }];
}

/** ISO 8601 with milliseconds; null for none and for what no calendar holds. */
export function isoOf(ms: number | null): string | null {
  return ms === null || !isMoment(ms) ? null : new Date(Math.floor(ms)).toISOString();
}

/** The same with microseconds, where there are any. */
function exactIsoOf(ms: number | null): string | null {
  const text = isoOf(ms);
  if (ms === null || text === null || ms % 1 === 0) return text;
  const microseconds = Math.round((ms - Math.floor(ms)) * 1000);
  return `${text.slice(0, -1)}${String(microseconds).padStart(3, "0")}Z`;
}
