// The accepted plan as a status holds it.
import { type MigrationSpec, migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";

/** Plans that were read before: each is read in every reconcile, and parsing takes a third of one that finds no news. */
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
