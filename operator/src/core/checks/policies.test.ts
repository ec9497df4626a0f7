// What an administrator's policies hold back, and what they never do.
import { parsePolicySpec } from "@retriever/crds/parse.ts";
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, aReadyContext, tell } from "#test/builders/context.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, anObservation, noon } from "#test/builders/world.ts";
import { decide } from "../decide.ts";
import type { ActObservation, Observation, PolicyObservation, UnderWay } from "../model/observation.ts";
import { awaitingApproval } from "../phases/awaiting-approval.ts";
import { preflight } from "../phases/preflight.ts";
import { refuseByPolicy } from "./policies.ts";

function aPolicy(spec: object, underWay: readonly UnderWay[] = []): PolicyObservation {
  const parsed = parsePolicySpec(spec);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return { name: "bank", spec: parsed.spec, underWay };
}

const see = (...policies: readonly PolicyObservation[]): Pick<Observation, "policies"> => ({
  policies: { ok: true, value: policies },
});
const strict = aPolicy({ approvals: { fourEyes: true } });
const other = (name: string, phase: string, more: Partial<UnderWay> = {}): UnderWay => ({
  namespace: "shop",
  name,
  uid: name,
  createdAt: 0,
  phase,
  ...more,
});

describe("a policy", () => {
  it("that isn't met holds a migration before anything is sampled, and says which field of which policy", () => {
    for (const [phase, handle, words] of [
      ["Preflight", preflight, "preflight"],
      ["AwaitingApproval", awaitingApproval, "waiting for approval"],
    ] as const) {
      const c = aReadyContext(phase);
      const held = handle({ ...c, observation: { ...c.observation, ...see(strict) } });
      expect(tell(held)).toBe(
        `${phase} blocked PolicyRefuses: ${words}: policy bank: spec.checklist.approvals.policy: got Skip, expected Require`,
      );
      expect(tell(handle({ ...c, observation: { ...c.observation, ...see(aPolicy({})) } }))).not.toContain("policy");
    }
  });

  it("that is tightened after acceptance says how the plan is accepted anew, where the manifest doesn't name the check", () => {
    const refusalIn = (checklist: MigrationSpecInput["checklist"]) => {
      const c = aContext("Preflight", { see: see(strict) });
      const spec = { ok: true as const, value: aSpec({ checklist }) };
      return refuseByPolicy({ ...c, migration: { ...c.migration, spec } })?.message;
    };
    const refusal = "policy bank: spec.checklist.approvals.policy: got Skip, expected Require";
    expect(refusalIn({})).toBe(
      `${refusal}; name spec.checklist.approvals in the manifest to have the plan accepted anew`,
    );
    expect(refusalIn({ approvals: { policy: "Skip" } })).toBe(refusal);
  });

  it.each([
    [{ policies: { ok: false, why: "timed out" } } as const, "blocked", "NotObserved"],
    [see({ name: "newer", fault: "spec.leastGuard: expected no such field" }), "blocked", "PolicyUnreadable"],
    [see(aPolicy({}), strict), "blocked", "PolicyRefuses"],
  ])("that can't be judged, or refuses, blocks: %j", (seen, standing, reason) => {
    expect(refuseByPolicy(aContext("Pending", { see: seen }))).toMatchObject({ standing, reason });
  });

  it.each([
    ["Pending", [other("a", "Preflight"), other("b", "Guard")], true],
    ["Pending", [other("a", "Guard")], false],
    ["Preflight", [other("a", "Ramp"), other("b", "Guard")], true],
    ["Preflight", [other("a", "Ramp"), other("b", "Preflight", { createdAt: 9e15 })], false],
    ["Preflight", [other("a", "Ramp"), other("b", "Preflight", { createdAt: 1 })], true],
    ["AwaitingApproval", [other("a", "Ramp"), other("b", "AwaitingApproval", { createdAt: 9e15 })], false],
    ["AwaitingApproval", [other("a", "Ramp"), other("b", "AwaitingApproval", { createdAt: 1 })], true],
    ["Preflight", [other("a", "Ramp"), other("b", "AwaitingApproval", { createdAt: 9e15 })], false],
  ] as const)("that lets two be under way makes one in %s beside %j wait: %s", (phase, underWay, waits) => {
    const refusal = refuseByPolicy(aContext(phase, { see: see(aPolicy({ mostMigrations: 2 }, underWay)) }));
    expect(refusal?.reason).toBe(waits ? "TooManyMigrations" : undefined);
    expect(refusal?.message.startsWith("policy bank lets 2 be under way at once: shop/a (") ?? false).toBe(waits);
  });

  it("lets exactly one of two go on that were accepted at the same time", () => {
    const one = aContext("Preflight");
    const rival = (createdAt: number) => {
      const seen = see(aPolicy({ mostMigrations: 1 }, [other("rival", "Preflight", { createdAt })]));
      return refuseByPolicy(aContext("Preflight", { see: seen })) === undefined;
    };
    expect([rival(one.meta.createdAt - 1), rival(one.meta.createdAt + 1)]).toEqual([false, true]);
  });

  it("never keeps anybody from an Abort or Rollback, in any phase", () => {
    const phases: readonly Phase[] = ["Pending", "Preflight", "AwaitingApproval", "Ramp", "AwaitingCutover", "Guard"];
    const broken: readonly Pick<Observation, "policies">[] = [
      { policies: { ok: false, why: "timed out" } },
      see({ name: "newer", fault: "unknown" }),
      see(strict, aPolicy({ mostMigrations: 1 }, [other("a", "Guard")])),
    ];
    for (const phase of phases) {
      for (const kind of ["Abort", "Rollback"] as const) {
        for (const policies of broken) {
          const migration = phase === "Pending" ? aMigration().build() : aMigration().in(phase).build();
          const acts = { ok: true, value: [anAct(kind)] } as const;
          const observation = anObservation(migration, {}, { acts, ...policies });
          const { status } = decide({ migration, observation, now: noon });
          expect([phase, kind, status.acts?.latched?.act]).toEqual([phase, kind, kind]);
          expect(["RollingBack", "VerifyingDrift", "RolledBack"]).toContain(status.phase);
        }
      }
    }
  });
});

function anAct(act: "Abort" | "Rollback"): ActObservation {
  return {
    name: "act",
    uid: "act",
    createdAt: noon,
    act,
    actor: "ada",
    reason: "",
    planHash: null,
    expiresAt: null,
  };
}
