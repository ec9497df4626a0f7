// What a repair would do, from a report and a direction alone. Pure.

import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Difference, DifferenceKind, VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { MomentPrecision, VerifyLevel } from "@retriever/stores/ports/chunk-store.ts";
import type { Stores } from "./read-report.ts";

export const directions = ["source-to-destination", "destination-to-source"] as const;
export type Direction = (typeof directions)[number];

export type RepairPlan = {
  readonly from: { readonly name: StoreName; readonly identity: StoreIdentity };
  readonly to: { readonly name: StoreName; readonly identity: StoreIdentity };
  /** What was compared. */
  readonly level: VerifyLevel;
  /** How finely moments were compared. */
  readonly momentPrecision: MomentPrecision;
  /** Chunks to be copied over what the other store has. */
  readonly writes: readonly Difference[];
  /** Chunks that only the store to be written has, and that are to go. */
  readonly removals: readonly Difference[];
  /** The same, where they are to stay. */
  readonly kept: readonly Difference[];
};

export type PlanOptions = { readonly direction: Direction; readonly deletesExtra: boolean };

/** Names nothing that the report doesn't name, and each chunk once. */
export function planRepair(report: VerifyReport, stores: Stores, { direction, deletesExtra }: PlanOptions): RepairPlan {
  const isForward = direction === "source-to-destination";
  const [from, to] = isForward ? (["source", "destination"] as const) : (["destination", "source"] as const);
  // Kinds are seen from the source: what it lacks is "extra" in either direction.
  const surplus: DifferenceKind = isForward ? "extra" : "missing";
  const differences = [...new Map(report.differences.map((each) => [each.id, each])).values()];
  const only = differences.filter(({ kind }) => kind === surplus);
  return {
    from: { name: from, identity: stores[from] },
    to: { name: to, identity: stores[to] },
    level: report.scope.level,
    // Older reports compared by the millisecond, and say it only of what is coarser.
    momentPrecision: report.momentPrecision ?? "millisecond",
    writes: differences.filter(({ kind }) => kind !== surplus),
    removals: deletesExtra ? only : [],
    kept: deletesExtra ? [] : only,
  };
}

/** `updated_at` that the report saw in the store that is written. */
export function reportedAt({ to }: Pick<RepairPlan, "to">, difference: Difference): string | null {
  return to.name === "source" ? difference.sourceUpdatedAt : difference.destinationUpdatedAt;
}

/** `updated_at` that the report saw in the store that is right. */
export function reportedFrom({ from }: Pick<RepairPlan, "from">, difference: Difference): string | null {
  return from.name === "source" ? difference.sourceUpdatedAt : difference.destinationUpdatedAt;
}

/** Version that the report saw in the store that is written; undefined where it says none. */
export function reportedVersion({ to }: Pick<RepairPlan, "to">, difference: Difference): string | undefined {
  return to.name === "source" ? difference.sourceVersion : difference.destinationVersion;
}

/** How many of each kind, those that occur. */
export function countKinds(differences: readonly Pick<Difference, "kind">[]): Partial<Record<DifferenceKind, number>> {
  const counts: Partial<Record<DifferenceKind, number>> = {};
  for (const { kind } of differences) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
