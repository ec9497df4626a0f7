// The accepted plan. Decisions follow it, never a later edit of the spec.
import { type MigrationSpec, migrationSpecSchema } from "@retriever/crds/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/migration-status.ts";
import type { Migration } from "./model.ts";

/** The plan that was accepted, else the spec as it stands. Undefined when neither can be read. */
export function effectivePlan(migration: Migration): MigrationSpec | undefined {
  if (migration.status.plan !== "") return readPlan(migration.status.plan);
  return migration.spec.ok ? migration.spec.value : undefined;
}

/** The accepted plan frozen in a status; undefined when it was damaged. */
function readPlan(text: string): MigrationSpec | undefined {
  try {
    const parsed = migrationSpecSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Whether pods may serve the destination: from CuttingOver until a rollback has reached every pod. */
export function isPastCutover(status: MigrationStatus): boolean {
  return status.revision?.primary === "destination";
}
