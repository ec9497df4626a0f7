// Reports of verify, valid but for what a test changes.

import {
  type Difference,
  type DifferenceCounts,
  differenceKinds,
  digestOfReport,
  type VerifyReport,
} from "@retriever/sidecar/contract/verify-report.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";

type Identities = { readonly source: StoreIdentity; readonly destination: StoreIdentity };

/** A whole report of these differences, with its digest. */
export function makeReport(
  { source, destination }: Identities,
  differences: readonly Difference[],
  change: Partial<VerifyReport> = {},
): VerifyReport {
  const store = { dimension: 2, metric: "cosine", precision: "float32", read: 10, newestUpdatedAt: null } as const;
  const report = {
    schema: 1,
    version: "0",
    outcome: differences.length === 0 ? "equal" : "drift",
    reason: null,
    startedAt: "2026-03-01T00:00:00.000Z",
    finishedAt: "2026-03-01T00:01:00.000Z",
    scope: { level: "vector", since: null, partition: { index: 0, count: 1 }, sample: 1, lagSeconds: 5 },
    source: { identity: source, ...store },
    destination: { identity: destination, ...store },
    counts: countsOf(differences),
    namespaces: [],
    newestDifferenceAt: null,
    isListComplete: true,
    differences: [...differences],
    quality: null,
    ...change,
  } satisfies Omit<VerifyReport, "digest">;
  return { ...report, digest: digestOfReport(report) };
}

function countsOf(differences: readonly Difference[]): DifferenceCounts {
  const entries = differenceKinds.map((kind) => [kind, differences.filter((each) => each.kind === kind).length]);
  return { ...(Object.fromEntries(entries) as Omit<DifferenceCounts, "lagging">), lagging: 0 };
}

/** One difference whose chunk has no times. */
export function makeDifference(id: string, kind: Difference["kind"], change: Partial<Difference> = {}): Difference {
  return { id, kind, namespace: null, sourceUpdatedAt: null, destinationUpdatedAt: null, ...change };
}
