// The check staging: whether the same plan was validated before, by a migration named here or by its pasted result.
import { hash } from "node:crypto";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { validationHash } from "@retriever/crds/spec/plan.ts";
import type { Observation } from "../model/observation.ts";
import type { Fact } from "../model/status-readings.ts";

/** What a validation ends with: the hash of what was proved, and of this very validation. */
export function validationResult(plan: MigrationSpec, uid: string, endedAt: string): string {
  const proved = validationHash(plan);
  return `${proved}-${hash("sha256", `${proved} ${uid} ${endedAt}`).slice(0, 16)}`;
}

/** The check. A pasted result is taken at its word: it names the plan it was for, and who pasted it has an author. */
export function judgeStaging(plan: MigrationSpec, staging: Observation["staging"]): Fact {
  const { from, result } = plan.checklist.staging;
  if (result !== undefined) return compare(plan, result, "the pasted result");
  if (from === undefined) {
    return unknown("NoValidation", "name a Validated migration in spec.checklist.staging.from, or paste its result");
  }
  if (staging === undefined) return unknown("NotObserved", `migration ${from} was not read`);
  if (!staging.ok) return unknown("NotObserved", `migration ${from} can't be read: ${staging.why}`);
  if (staging.value === null) return refused("ValidationMissing", `there is no migration ${from}`);
  if (staging.value.phase !== "Validated") {
    return refused("NotValidated", `migration ${from} is ${staging.value.phase}, expected Validated`);
  }
  return compare(plan, staging.value.result, `migration ${from}`);
}

function compare(plan: MigrationSpec, result: string, who: string): Fact {
  const expected = validationHash(plan);
  const proved = result.replace(/-.*/, "");
  if (proved === expected) return { status: "True", reason: "Validated", message: `validated by ${who}` };
  return refused(
    "OtherPlanValidated",
    `${who} validated plan ${proved || "unknown"}, this one is ${expected} (mode, people and places apart)`,
  );
}

function refused(reason: string, message: string): Fact {
  return { status: "False", reason, message };
}

function unknown(reason: string, message: string): Fact {
  return { status: "Unknown", reason, message };
}
