// One thing found wrong with the destination, and what the plan says to do about it.
import type { HarmAction } from "@retriever/crds/migration-spec.ts";

export type HarmRule = "alert" | "livePrimary" | "fastLane" | "shadowErrors";

export type Finding = {
  readonly rule: HarmRule;
  readonly action: HarmAction;
  /** One sentence with value, limit, n and window. */
  readonly message: string;
};

/** Strongest first. */
const order: readonly HarmAction[] = ["Rollback", "StepDown", "Hold", "Observe"];

/** The first of the findings with the strongest action; undefined without any. */
export function strongestFinding(findings: readonly Finding[]): Finding | undefined {
  return order.flatMap((action) => findings.filter((finding) => finding.action === action))[0];
}

/** The strongest action among findings; undefined without any. */
export function strongestAction(findings: readonly Finding[]): HarmAction | undefined {
  return strongestFinding(findings)?.action;
}
