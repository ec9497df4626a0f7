// The effective plan: the accepted one, with those later edits of the spec that are safe.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import type { Migration } from "./model/migration.ts";
import type { Observation } from "./model/observation.ts";
import { readPlan } from "./people/accepted-plan.ts";
import { currentSpec } from "./people/current-spec.ts";
import { judgeEdits } from "./people/edits.ts";

/** The plan that was accepted, else the spec as it stands. Undefined when neither can be read or stands for the other. */
export function effectivePlan(migration: Migration, policies?: Observation["policies"]): MigrationSpec | undefined {
  const { status, meta } = migration;
  const current = currentSpec(migration, policies);
  if (status.plan === "") return current;
  const accepted = readPlan(status.plan);
  if (accepted !== undefined) return current === undefined ? accepted : judgeEdits(accepted, current).plan;
  if (current === undefined) return undefined;
  // The hash proves the same plan. Target and destination can't change after the start: enough for a rollback.
  return meta.deleting || planHash(current) === status.planHash ? current : undefined;
}
