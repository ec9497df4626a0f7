// The deploy freeze of a cutover: what the overlay says of it, so that an admission policy can hold it.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Observation } from "../model/observation.ts";

/**
 * Name of the base that is frozen together with the target while it cuts over; empty when the base isn't known; undefined
 * when nothing is frozen.
 */
export function frozenBase(plan: MigrationSpec, status: MigrationStatus, observation: Observation): string | undefined {
  if (status.phase !== "CuttingOver" || !plan.cutover.freezeDeploys) return undefined;
  const { target, overlay } = observation;
  const bases = target.ok && target.value.found ? target.value.baseConfigMaps : [];
  // A reconcile that can't see the base keeps what an earlier one froze.
  const before = overlay.ok ? overlay.value?.intent?.frozen : undefined;
  return (bases.length === 1 ? bases[0] : before) ?? "";
}
