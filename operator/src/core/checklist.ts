// The runbook's checklist. A check is True on evidence, skipped openly, or Unknown; Unknown blocks.
import type { CheckName } from "@retriever/crds/migration-spec.ts";
import type { Context } from "./context.ts";
import type { CheckResult } from "./reachable.ts";

/** What every phase needs before it may be left. */
export const preflightChecks = [
  "reachable",
  "parity",
  "alerts",
  "staging",
  "smokeTests",
] as const satisfies readonly CheckName[];
export const approvalChecks = ["approvals", "window"] as const satisfies readonly CheckName[];

/** One check of the list. */
export function judgeCheck(c: Context, name: CheckName): CheckResult {
  if (c.plan.checklist[name].policy === "Skip") {
    return { status: "True", reason: "Skipped", message: `spec.checklist.${name}.policy is Skip` };
  }
  if (name === "reachable") return c.reachable;
  return {
    status: "Unknown",
    reason: "NotImplemented",
    message: `the check ${name} is not implemented yet; set spec.checklist.${name}.policy to Skip to go on without it`,
  };
}

/** The checks that block, in the order of the list. */
export function blockingChecks(
  c: Context,
  names: readonly CheckName[],
): readonly { readonly name: CheckName; readonly result: CheckResult }[] {
  return names.flatMap((name) => {
    const result = judgeCheck(c, name);
    return result.status === "True" ? [] : [{ name, result }];
  });
}
