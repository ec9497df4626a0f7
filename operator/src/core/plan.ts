// The effective plan: the accepted one, with those later edits of the spec that are safe.
import { soundFields } from "@retriever/crds/parse.ts";
import { type MigrationSpec, migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import { noDestination } from "@retriever/sidecar/contract/overlay.ts";
import { readPlan } from "./model/accepted-plan.ts";
import type { Migration } from "./model/migration.ts";
import type { Observation } from "./model/observation.ts";
import type { OverlayObservation } from "./model/workload.ts";
import { currentSpec } from "./people/current-spec.ts";
import { judgeEdits } from "./people/edits.ts";

/** The plan that was accepted, else the spec as it stands. Undefined when neither can be read or stands for the other. */
export function effectivePlan(migration: Migration, policies?: Observation["policies"]): MigrationSpec | undefined {
  const { status, meta } = migration;
  const current = currentSpec(migration, policies);
  if (status.plan === "" && status.planHash === "") return current;
  const accepted = readPlan(status.plan);
  if (accepted !== undefined) return current === undefined ? accepted : judgeEdits(accepted, current).plan;
  if (current === undefined) return undefined;
  // The hash proves the same plan. Target and destination can't change after the start: enough for a rollback.
  return meta.deleting || planHash(current) === status.planHash ? current : undefined;
}

/**
 * Enough of a plan that can't be read to go back by: where the target is, and what the overlay in force names as its
 * destination. Nothing else is decided on it. Undefined before acceptance, and where nothing says which workload is meant.
 */
export function planToGoBack(migration: Migration, overlay?: OverlayObservation | null): MigrationSpec | undefined {
  const { spec, status } = migration;
  if (status.plan === "" && status.planHash === "" && status.phase === "Pending") return undefined;
  if (spec.ok) return currentSpec(migration, undefined);
  const { destination = noDestination } = overlay?.document ?? {};
  const fields = { destination, ...spec.sound, ...soundFields(parseJson(status.plan)) };
  const { data: value } = migrationSpecSchema.safeParse(fields);
  return value === undefined ? undefined : currentSpec({ ...migration, spec: { ok: true, value } }, undefined);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
