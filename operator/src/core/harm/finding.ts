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

/** The strongest action among findings; undefined without any. */
export function strongestAction(findings: readonly Finding[]): HarmAction | undefined {
  return order.find((action) => findings.some((finding) => finding.action === action));
}
