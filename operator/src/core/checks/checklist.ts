// The runbook's checklist. A check is True on evidence, skipped openly, or Unknown; Unknown blocks.
import type { CheckName } from "@retriever/crds/spec/checklist-spec.ts";
import type { Context } from "../model/context.ts";
import type { Fact } from "../model/status-readings.ts";
import { judgeWindow } from "../time/migration-window.ts";
import { judgeParity } from "../verification/parity.ts";
import { judgeSmokeTests } from "../verification/smoke-tests.ts";
import { judgeAlerts } from "./alerts.ts";
import { judgeApprovals } from "./approvals.ts";
import { judgeStaging } from "./staging.ts";

/** What every phase needs before it may be left. */
export const preflightChecks = [
  "reachable",
  "parity",
  "alerts",
  "staging",
  "smokeTests",
] as const satisfies readonly CheckName[];
export const approvalChecks = ["approvals", "window"] as const satisfies readonly CheckName[];

/** One check of the list. A waiver answers only what is Unknown. */
export function judgeCheck(c: Context, name: CheckName): Fact {
  if (c.plan.checklist[name].policy === "Skip") {
    return { status: "True", reason: "Skipped", message: `spec.checklist.${name}.policy is Skip` };
  }
  const result = ask(c, name);
  const waiver = c.status.acts?.waived?.find(({ check }) => check === name);
  if (waiver === undefined || result.status === "True") return result;
  const words = `waived by ${waiver.actor}: ${waiver.reason}`;
  return result.status === "Unknown"
    ? { status: "True", reason: "Waived", message: `${words} (${result.message})` }
    : { ...result, message: `${result.message}; ${words}, which counts only while the check is Unknown` };
}

function ask(c: Context, name: CheckName): Fact {
  switch (name) {
    case "reachable":
      return c.reachable;
    case "approvals":
      return judgeApprovals(c, c.observation.actIdentity);
    case "window":
      return judgeWindow(c.plan, c.now);
    case "staging":
      return judgeStaging(c.plan, c.observation.staging);
    case "alerts":
      return judgeAlerts(c);
    case "parity":
      return judgeParity(c);
    case "smokeTests":
      return judgeSmokeTests(c);
  }
}

/** The checks that block, in the order of the list. */
export function blockingChecks(
  c: Context,
  names: readonly CheckName[],
): readonly { readonly name: CheckName; readonly result: Fact }[] {
  return names.flatMap((name) => {
    const result = judgeCheck(c, name);
    return result.status === "True" ? [] : [{ name, result }];
  });
}
