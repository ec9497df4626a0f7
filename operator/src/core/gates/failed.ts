// Verdicts beside the plan: which failed gates act, and which verdicts keep a stage from ending.
import type { HarmAction, MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Verdict } from "@retriever/crds/status/migration-status.ts";
import type { Context } from "../model/context.ts";

export type FailedGate = { readonly verdict: Verdict; readonly action: HarmAction };

/** Failed gates whose line does more than observe, with what it does before the cutover. */
export function failedGates(c: Context): readonly FailedGate[] {
  return c.gates.flatMap((verdict) => {
    const action = actionOf(c.plan, verdict.gate);
    return verdict.verdict === "Fail" && action !== "Observe" ? [{ verdict, action }] : [];
  });
}

/** What still stands between a stage and its end. A failed gate that is only observed doesn't; an undecided one does. */
export function unpassed(c: Context): readonly Verdict[] {
  return c.gates.filter(({ gate, verdict }) => verdict !== "Pass" && !(verdict === "Fail" && isObserved(c.plan, gate)));
}

/** Its failing is told and does nothing. */
export function isObserved(plan: MigrationSpec, gate: string): boolean {
  return actionOf(plan, gate) === "Observe";
}

function actionOf({ thresholds }: MigrationSpec, gate: string): HarmAction {
  const { scoreDelta, latencyDelta, mismatch, overlap, shadowErrors, content } = thresholds;
  const lines: Readonly<Record<string, { readonly beforeCutover: HarmAction }>> = {
    scoreDelta,
    scoreMean: scoreDelta,
    latencyDelta,
    mismatch,
    overlap,
    shadowErrors,
    content,
  };
  return lines[gate]?.beforeCutover ?? "StepDown";
}
