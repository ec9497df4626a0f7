// A plan that was edited before anything was sampled, asked by itself.
import { planHash } from "@retriever/crds/spec/plan.ts";
import { describe, expect, it } from "vitest";
import { aContext } from "#test/builders/context.ts";
import { aSpec } from "#test/builders/spec.ts";
import type { Context } from "../model/context.ts";
import { replanned } from "./replanned.ts";

const edited = aSpec({ writes: "SourceOnly" });
const approvals = [
  { role: "sre-on-call", actor: "ann", at: "2026-03-01T11:00:00.000Z", until: "2026-03-02T11:00:00.000Z" },
];
const waived = [{ check: "parity", actor: "ann", reason: "seen", at: "2026-03-01T11:00:00.000Z" }];

function asked(phase: "AwaitingApproval" | "Preflight" | "WarmUp", spec: Context["migration"]["spec"], acts?: object) {
  const c = aContext(phase, { status: acts === undefined ? {} : { acts: { seen: [], paused: false, ...acts } } });
  return { c, outcome: replanned({ ...c, migration: { ...c.migration, spec } }) };
}

describe("another plan", () => {
  it("takes the place of the accepted one as another epoch, and voids what was approved and waived", () => {
    const { c, outcome } = asked("AwaitingApproval", { ok: true, value: edited }, { approvals, waived });
    const hash = planHash({ ...edited, target: c.plan.target, destination: c.plan.destination });
    expect(outcome?.status).toMatchObject({
      phase: "AwaitingApproval",
      epoch: 6,
      planHash: hash,
      revision: { primary: "source", shadow: "none", sampleRate: 0, released: false },
      message: `spec.writes changed: plan ${hash} takes the place of ${c.status.planHash}; 1 approval of the old one is void`,
    });
    expect(outcome?.status.acts).toEqual({ seen: [], paused: false });
    expect(JSON.parse(outcome?.status.plan ?? "")).toEqual(edited);
    expect(outcome).toMatchObject({ standing: "waiting", reason: "PlanChanged" });
  });

  it("waits while policies can't be read, whose checks would be part of it", () => {
    const { c } = asked("Preflight", { ok: true, value: edited });
    const see = (policies: Context["observation"]["policies"]) =>
      replanned({
        ...c,
        migration: { ...c.migration, spec: { ok: true, value: edited } },
        observation: { ...c.observation, ...(policies === undefined ? {} : { policies }) },
      });
    expect(see({ ok: false, why: "timed out" })).toBeUndefined();
    expect(see({ ok: true, value: [] })?.reason).toBe("PlanChanged");
  });

  it("that nobody had approved voids nothing", () => {
    const { outcome } = asked("Preflight", { ok: true, value: edited });
    expect(outcome?.status.message).toMatch(/^spec\.writes changed: plan \S+ takes the place of \S+$/);
    expect(outcome?.status.acts).toEqual({ seen: [], paused: false });
  });

  it.each([
    ["that is the same", "Preflight", { ok: true, value: aSpec() }],
    ["that isn't valid", "Preflight", { ok: false, faults: [] }],
    ["once something is sampled", "WarmUp", { ok: true, value: edited }],
  ] as const)("%s changes nothing", (_title, phase, spec) => {
    expect(asked(phase, spec).outcome).toBeUndefined();
  });
});
