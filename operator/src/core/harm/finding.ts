// Which of several findings decides: the one with the strongest action.
import type { HarmAction } from "@retriever/crds/spec/migration-spec.ts";
import type { Finding } from "../model/context.ts";

/** Strongest first. */
const order: readonly HarmAction[] = ["Rollback", "StepDown", "Hold", "Observe"];

/** The first of the findings with the strongest action; undefined without any. */
export function strongestFinding(findings: readonly Finding[]): Finding | undefined {
  const ranked = order.flatMap((action) => findings.filter((finding) => finding.action === action));
  // One that is left to a person doesn't stand in the way of another of the same action.
  return ranked.find(({ action, withheld }) => action === ranked[0]?.action && withheld === undefined) ?? ranked[0];
}

/** The strongest first, else in their order. */
export function byStrength(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => order.indexOf(a.action) - order.indexOf(b.action));
}

/** The strongest action among findings; undefined without any. */
export function strongestAction(findings: readonly Finding[]): HarmAction | undefined {
  return strongestFinding(findings)?.action;
}
