// The accepted plan as a status holds it, by whichever version it was accepted.

import { type MigrationSpec, migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import { asFirstRelease } from "@retriever/crds/spec/plan.ts";
import { parseKnown } from "@retriever/stores/config/known-fields.ts";

/** Plans that were read before: each is read in every reconcile, and parsing takes a third of one that finds no news. */
const known = new Map<string, MigrationSpec | undefined>();
const mostKnown = 64;

/** Reason of a status whose plan can't be read. */
export const planDamaged = "PlanDamaged";

/**
 * The accepted plan frozen in a status; undefined when it was damaged. The same text gives the same object. Fields of a
 * newer version are left out: it isn't held up by what nobody here can act on.
 */
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
    const written: Written = JSON.parse(text);
    const rate = written["cutover"]?.["shadowSampleRate"];
    if (typeof rate !== "number") return parseKnown(migrationSpecSchema, written).data;
    const plan = parseKnown(migrationSpecSchema, upgrade(written, rate)).data;
    return plan === undefined ? undefined : asFirstRelease(plan, rate);
  } catch {
    return undefined;
  }
}

type Written = { readonly [field: string]: Readonly<Record<string, unknown>> | undefined };

/** What the first release accepted goes on as agreed: at the rate it had, and with no line that nobody had heard of. */
function upgrade(written: Written, rate: number): Written {
  const guard = { ...written["guard"], sampling: { mode: "Fixed", minRate: rate } };
  return { ...written, guard, recall: { mode: "Off" }, slices: { afterCutover: "Observe" } };
}
