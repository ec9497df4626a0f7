// An alert that can't be heard, asked by itself.
import { expect, it } from "vitest";
import { aRule, someAlerts } from "#test/builders/alerts.ts";
import { aContext, asking, tell } from "#test/builders/context.ts";
import { aSpec } from "#test/builders/spec.ts";
import { noon } from "#test/builders/world.ts";
import type { AlertsObservation } from "../model/alert-observation.ts";
import { unarmed } from "./unarmed.ts";

const listening = { metrics: { source: "monitoring" }, ...asking({ alerts: { policy: "Require" } }) };

function asked(phase: "Ramp" | "Guard" | "CuttingOver" | "Preflight", says: Partial<AlertsObservation> | string) {
  const read =
    typeof says === "string" ? { ok: false as const, why: says } : { ok: true as const, value: someAlerts(noon, says) };
  const see = { alerts: { names: ["monitoring"], read } };
  const outcome = unarmed(aContext(phase, { plan: aSpec(listening), see }));
  return outcome && tell(outcome);
}

it("holds what rises, and says what is missing", () => {
  expect(asked("Ramp", { rules: [] })).toMatch(
    /^Ramp blocked RuleMissing: held until the alert can be heard again: .*RETR_DUAL_VARIANCE_HIGH/,
  );
  expect(asked("Guard", "HTTP 500")).toMatch(/^Guard blocked \w+: held until the alert can be heard again: .*HTTP 500/);
});

it("holds nothing while it can be heard, in a cutover, before anything rises, or where nobody listens", () => {
  expect(asked("Ramp", { rules: [aRule(noon)] })).toBeUndefined();
  expect(asked("CuttingOver", { rules: [] })).toBeUndefined();
  expect(asked("Preflight", { rules: [] })).toBeUndefined();
  expect(unarmed(aContext("Ramp"))).toBeUndefined();
});
