// The accepted plan. Decisions follow it; of a later edit they take only what is safe.
import { type MigrationSpec, migrationSpecSchema } from "@retriever/crds/migration-spec.ts";
import { planHash } from "@retriever/crds/plan.ts";
import { judgeEdits } from "./edits.ts";
import type { Migration } from "./model/migration.ts";

/** The plan that was accepted, else the spec as it stands. Undefined when neither can be read or stands for the other. */
export function effectivePlan(migration: Migration): MigrationSpec | undefined {
  const { status, spec, meta } = migration;
  const current = spec.ok ? spec.value : undefined;
  if (status.plan === "") return current;
  const accepted = readPlan(status.plan);
  if (accepted !== undefined) return current === undefined ? accepted : judgeEdits(accepted, current).plan;
  if (current === undefined) return undefined;
  // The hash proves the same plan. Target and destination can't change after the start: enough for a way back.
  return meta.deleting || planHash(current) === status.planHash ? current : undefined;
}

/** Plans that were read before: each is read at every look, and parsing it would be a third of a quiet one. */
const known = new Map<string, MigrationSpec | undefined>();
const mostKnown = 64;

/** The accepted plan frozen in a status; undefined when it was damaged. The same text gives the same object. */
export function readPlan(text: string): MigrationSpec | undefined {
  if (known.has(text)) return known.get(text);
  // A plan that comes again after so many others costs what it cost the first time.
  if (known.size >= mostKnown) known.clear();
  const plan = parsePlan(text);
  known.set(text, plan);
  return plan;
}

function parsePlan(text: string): MigrationSpec | undefined {
  try {
    const parsed = migrationSpecSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
