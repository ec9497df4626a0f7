// Checks that nobody can answer as a manifest has them, so that it is said before anything waits for one. Pure.
import { durationSeconds } from "#fields/duration.ts";
import type { CheckName } from "./checklist-spec.ts";
import type { MigrationSpec } from "./migration-spec.ts";
import { validationHash } from "./plan.ts";

type UnanswerableCheck = { readonly check: CheckName; readonly path: string; readonly message: string };

/** Of a spec whose checks are resolved; `name` is the migration's own. */
export function unanswerableChecks(spec: MigrationSpec, name: string): UnanswerableCheck[] {
  const { checklist } = spec;
  return [...stagingFaults(spec, name), ...smokeTestFaults(checklist), ...approvalFaults(checklist)].filter(
    ({ check }) => checklist[check].policy !== "Skip",
  );
}

function stagingFaults(spec: MigrationSpec, name: string): UnanswerableCheck[] {
  const { from, result } = spec.checklist.staging;
  if (from === undefined && result === undefined) {
    return [never("staging", "", "expected from (a migration of mode Validate) or result (of one), or policy Skip")];
  }
  if (from === name) return [never("staging", "from", "expected another migration than this one")];
  const expected = validationHash(spec);
  if (result === undefined || result.startsWith(expected)) return [];
  return [never("staging", "result", `it is of another plan, expected one that begins with ${expected}`)];
}

function smokeTestFaults({ smokeTests: { cronJobs, timeout } }: MigrationSpec["checklist"]): UnanswerableCheck[] {
  if (cronJobs.length === 0) return [never("smokeTests", "", "expected a CronJob in cronJobs, or policy Skip")];
  return durationSeconds(timeout) > 0 ? [] : [never("smokeTests", "timeout", "expected more than 0s")];
}

function approvalFaults({ approvals: { expiry } }: MigrationSpec["checklist"]): UnanswerableCheck[] {
  return durationSeconds(expiry) > 0 ? [] : [never("approvals", "expiry", "expected more than 0s")];
}

function never(check: CheckName, field: string, expected: string): UnanswerableCheck {
  const path = `spec.checklist.${check}${field === "" ? "" : `.${field}`}`;
  return { check, path, message: `can never be answered: ${expected}` };
}
