// The checks of a spec as it stands: decided at acceptance, and frozen there.

import { parsePolicySpec } from "@retriever/crds/parse.ts";
import { judgePolicy } from "@retriever/crds/policy/judge-policy.ts";
import { checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration } from "#test/builders/world.ts";
import type { Migration } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import { acceptedChecks, currentSpec } from "./current-spec.ts";
import { judgeEdits } from "./edits.ts";

type Checklist = NonNullable<MigrationSpecInput["checklist"]>;

function asked(...specs: readonly object[]): Observation["policies"] {
  return {
    ok: true,
    value: specs.map((spec, index) => {
      const parsed = parsePolicySpec(spec);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
      return { name: `policy-${index}`, spec: parsed.spec, underWay: [] };
    }),
  };
}

function pending(checklist: Checklist): Migration {
  const migration = aMigration(aSpec()).build();
  return { ...migration, status: { ...migration.status, plan: "" }, spec: { ok: true, value: aSpec({ checklist }) } };
}

/** As Pending accepts it. */
function accept(migration: Migration, policies: Observation["policies"]): Migration {
  const plan = currentSpec(migration, policies) ?? aSpec();
  const accepted = { plan: JSON.stringify(plan), planHash: planHash(plan), ...acceptedChecks(migration, policies) };
  return { ...migration, status: { ...migration.status, phase: "Preflight", ...accepted } };
}

const bank = { approvals: { roles: [{ name: "risk", quorum: 2 }], differentPeople: true }, window: { days: ["Tue"] } };

describe("a manifest that names no check", () => {
  it("is accepted with what its profile and the policies of its namespace ask, and says which of them did", () => {
    const { checklist, skippedChecks } = accept(pending({}), asked()).status;
    expect(checklist?.map(({ check, policy, from }) => `${check} ${policy} ${from}`)).toEqual([
      "reachable Require Profile",
      "parity Require Profile",
      "alerts Require Profile",
      "approvals Skip Profile",
      "window Skip Profile",
      "staging Skip Profile",
      "smokeTests Skip Profile",
    ]);
    expect(skippedChecks).toEqual(["approvals", "window", "staging", "smokeTests"]);
    expect(accept(pending({ profile: "Strict" }), asked()).status.skippedChecks).toEqual([]);
  });

  it("takes roles and window over from the policies, the greatest quorum of each role", () => {
    const plan = currentSpec(pending({}), asked(bank, { approvals: { roles: [{ name: "risk" }, { name: "owner" }] } }));
    expect(plan?.checklist.approvals).toMatchObject({
      policy: "Require",
      roles: [
        { name: "risk", quorum: 2 },
        { name: "owner", quorum: 1 },
      ],
      differentPeople: true,
    });
    expect(plan?.checklist.window).toMatchObject({ policy: "Require", days: ["Tue"], start: "09:00" });
  });
});

it("policies that ask for more roles together than a plan can have are refused, and not cut", () => {
  const roles = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `${prefix}-${index}` }));
  const specs = [{ approvals: { roles: roles("a", 6) } }, { approvals: { roles: roles("b", 5) } }];
  const plan = currentSpec(pending({}), asked(...specs)) ?? aSpec();
  const judged = specs.flatMap((spec) => {
    const parsed = parsePolicySpec(spec);
    return parsed.ok ? judgePolicy(parsed.spec, plan) : [];
  });
  expect(judged).toEqual(
    Array.from(
      { length: 2 },
      () => "spec.checklist.approvals.roles: got 11 of several policies, expected at most 10; name them here",
    ),
  );
});

const policy = fc.constantFrom(undefined, "Require" as const, "Skip" as const);
const checklists = fc
  .tuple(fc.constantFrom("Standard" as const, "Strict" as const), fc.tuple(...checkNames.map(() => policy)))
  .map(([profile, policies]): Checklist => {
    const named = checkNames.flatMap((name, at) =>
      policies[at] === undefined ? [] : [[name, { policy: policies[at] }]],
    );
    return { profile, ...Object.fromEntries(named) };
  });
const policiesOfNamespace = fc.subarray([bank, { approvals: {} }, { window: {} }, {}]).map((specs) => asked(...specs));

describe("the checks of an accepted plan", () => {
  it("stay as they were accepted, whatever policies come and go", () => {
    fc.assert(
      fc.property(checklists, policiesOfNamespace, policiesOfNamespace, (checklist, then, now) => {
        const accepted = accept(pending(checklist), then);
        const plan = JSON.parse(accepted.status.plan);
        for (const policies of [now, undefined]) {
          const current = currentSpec(accepted, policies) ?? aSpec();
          expect(judgeEdits(plan, current)).toMatchObject({ applied: [], gated: [] });
          expect(planHash(current)).toBe(accepted.status.planHash);
          expect(acceptedChecks(accepted, policies).checklist).toEqual(accepted.status.checklist);
        }
      }),
    );
  });

  it("are those of a checklist that names them all, whatever profile and policies say: an earlier version wrote it so", () => {
    fc.assert(
      fc.property(fc.tuple(...checkNames.map(() => fc.boolean())), policiesOfNamespace, (required, policies) => {
        const named: Checklist = Object.fromEntries(
          checkNames.map((name, at) => [name, { policy: required[at] ? ("Require" as const) : ("Skip" as const) }]),
        );
        const hashes = (["Standard", "Strict"] as const).map((profile) => {
          const current = currentSpec(pending({ ...named, profile }), policies) ?? aSpec();
          expect(checkNames.map((name) => current.checklist[name].policy === "Require")).toEqual(required);
          return planHash(current);
        });
        expect(hashes[0]).toBe(hashes[1]);
      }),
    );
  });

  it("are decided anew by another profile, and by a check that is named", () => {
    const accepted = accept(pending({}), asked(bank));
    const edited = (checklist: Checklist) =>
      judgeEdits(JSON.parse(accepted.status.plan), {
        ...(currentSpec({ ...accepted, spec: { ok: true, value: aSpec({ checklist }) } }, asked()) ?? aSpec()),
      }).gated;
    expect(edited({ profile: "Strict" })).toEqual(["spec.checklist"]);
    expect(edited({ smokeTests: { cronJobs: ["smoke"] } })).toEqual(["spec.checklist"]);
    expect(edited({ staging: { policy: "Skip" } })).toEqual([]);
  });
});
