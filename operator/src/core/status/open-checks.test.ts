// All that is open, at once, each with who or what answers it.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { expect, it } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import { decide } from "../decide.ts";
import type { ActObservation } from "../model/observation.ts";
import { refuse } from "../people/acts.ts";

const openOf = (sim: Simulation) =>
  (sim.status.openChecks ?? []).map(({ check, reason, answeredBy }) => `${check} ${reason}: ${answeredBy}`);

it("in Pending, a plan without a source of metrics, an unreadable claim and silent pods are all told", () => {
  const sim = new Simulation({ spec: aSpec({ ...shortPlan, metrics: { source: "main" } }), pods: 0 });
  sim.unreadable.add("claims");
  sim.run(20);
  expect(openOf(sim)).toEqual([
    "spec UnknownMetricsSource: the author of the manifest",
    "claim NotObserved: the operator, once it can read that",
    "pods NoPods: whoever deploys the target: its sidecars have to answer",
  ]);
  expect(sim.isQuiet()).toBe(true);
});

it("of a target that isn't there the pods are not asked about", () => {
  const sim = new Simulation({ spec: aSpec(shortPlan), pods: 0 });
  sim.target = { found: false, namespaceTerminating: false };
  sim.run(20);
  expect(openOf(sim)).toEqual([
    "target TargetNotFound: whoever deploys it: kubectl retriever check --for deployment/search-api -n search lists what is missing",
  ]);
});

it("in Preflight, the approvals and the window that come later are told as well", () => {
  const checklist = { ...onlyReachable, parity: {}, approvals: {}, window: { start: "03:00", end: "03:01" } };
  const sim = new Simulation({ spec: aSpec({ ...shortPlan, checklist }) });
  sim.verifier.hasTemplate = false;
  sim.run(60);
  expect(sim.phase).toBe("Preflight");
  const { name, namespace } = sim.meta;
  expect(openOf(sim)).toEqual([
    `parity NoTemplate: whoever installs CronJob search-api-retriever-verify, or a person: kubectl retriever waive ${name} -n ${namespace} --check parity --reason WHY`,
    `approvals ApprovalsMissing: people in the roles product-owner, sre-on-call: kubectl retriever approve ${name} -n ${namespace} --role ROLE`,
    "window WindowClosed: time",
  ]);
  expect(sim.isQuiet()).toBe(true);
});

it("in AwaitingCutover, a Promote is told beside the rest; the cutover leaves nothing open", () => {
  const sim = simulationAt("AwaitingCutover", { spec: aSpec({ ...shortPlan, cutover: { hold: true } }) }).run(10);
  const { name, namespace } = sim.meta;
  expect(openOf(sim)).toEqual([
    `promotion AwaitingPromote: a person: kubectl retriever promote ${name} -n ${namespace} --reason WHY`,
  ]);
  sim.unreadable.add("pods");
  sim.run(10);
  expect(openOf(sim).at(-1)).toMatch(/^promotion AwaitingPromote/);
  expect(openOf(sim).length).toBeGreaterThan(1);
});

it("a pause is told before what the phase asks", () => {
  const sim = new Simulation({ spec: aSpec({ ...shortPlan, checklist: { ...onlyReachable, approvals: {} } }) }).run(30);
  sim.act("Pause");
  sim.run(10);
  expect(openOf(sim).map((line) => line.split(":")[0])).toEqual(["migration Paused", "approvals ApprovalsMissing"]);
});

it("sampling and the guard have none, and every one is as the schema says", () => {
  const sim = new Simulation({ spec: aSpec(shortPlan) });
  for (const phase of ["WarmUp", "Guard", "Completed"] as const) {
    sim.until(phase, 3600);
    expect(sim.status.openChecks).toBeUndefined();
    expect(migrationStatusSchema.safeParse(sim.status).success).toBe(true);
  }
});

it.each([
  ["the spec is another one", true],
  ["no spec can be read", false],
])("of an accepted plan that is damaged, while %s, nothing is asked but the plan", (_, hasSpec) => {
  const checklist = { ...onlyReachable, approvals: {} };
  const sim = new Simulation({ spec: aSpec({ ...shortPlan, checklist }) }).run(30);
  expect(openOf(sim)[0]).toMatch(/^approvals/);
  const spec = hasSpec
    ? ({ ok: true, value: aSpec({ ...shortPlan, checklist, mode: "Validate" }) } as const)
    : ({ ok: false, faults: [{ path: "spec", message: "bad" }], sound: {} } as const);
  const status = { ...sim.status, plan: "{damaged" };
  const decision = decide({
    migration: { meta: sim.meta, spec, status },
    observation: sim.observation(),
    now: sim.now,
  });
  expect(decision.status.openChecks).toEqual([
    expect.objectContaining({
      check: "migration",
      reason: "PlanDamaged",
      answeredBy: "whoever restores that plan, or its spec",
    }),
  ]);
});

it("a spec that can't be read is the one thing open, in few words however many are said of it", () => {
  const sim = new Simulation({ spec: aSpec(shortPlan) });
  const spec = { ok: false, faults: [{ path: "spec", message: "\u5b57".repeat(5000) }], sound: {} } as const;
  const { status } = decide({
    migration: { meta: sim.meta, spec, status: sim.status },
    observation: sim.observation(),
    now: sim.now,
  });
  expect(status.openChecks).toMatchObject([{ check: "spec", answeredBy: "the author of the manifest" }]);
  expect(status.openChecks?.[0]?.message.length).toBe(500);
  expect(migrationStatusSchema.safeParse(status).success).toBe(true);
});

/** Each command that is offered, as the act that it creates. */
function actsOffered({ openChecks = [], planHash }: MigrationStatus, roles: readonly string[]): ActObservation[] {
  return openChecks.flatMap(({ check, answeredBy }) => {
    const verb = /kubectl retriever (approve|promote|resume|retry|waive) /.exec(answeredBy)?.[1];
    if (verb === undefined) return [];
    const act = `${verb[0]?.toUpperCase()}${verb.slice(1)}` as ActObservation["act"];
    const basics = {
      name: "act",
      uid: "act",
      createdAt: Number.MAX_SAFE_INTEGER,
      planHash: planHash === "" ? null : planHash,
      expiresAt: null,
    };
    const role = act === "Approve" ? (roles[0] ?? null) : null;
    return [{ ...basics, act, actor: "ada", reason: "why", role, check: act === "Waive" ? check : null }];
  });
}

const checklist = { ...onlyReachable, approvals: {}, staging: {}, parity: {}, smokeTests: { cronJobs: ["smoke"] } };
const asking = new Simulation({ spec: aSpec({ ...shortPlan, checklist }) });
const holding = simulationAt("AwaitingCutover", { spec: aSpec({ ...shortPlan, cutover: { hold: true } }) });

it.each([
  ["Preflight", asking, ["Approve", "Resume", "Waive"]],
  ["AwaitingCutover", holding, ["Promote", "Resume"]],
])("every command that is offered in %s would be taken", (phase, sim, expected) => {
  const offered = new Set<string>();
  for (const trouble of ["none", "claims", "pods", "pause"] as const) {
    if (trouble === "pause") sim.act("Pause");
    else if (trouble !== "none") sim.unreadable.add(trouble);
    const { status, now, spec } = sim.run(20);
    expect(status.phase).toBe(phase);
    const plan = (spec as { readonly value: MigrationSpec }).value;
    const roles = plan.checklist.approvals.roles.map(({ name }) => name);
    for (const act of actsOffered(status, roles)) {
      offered.add(act.act);
      const judged = { status, plan, observation: { claims: { ok: true, value: [] } }, now } as const;
      const refusal = refuse({ ...act, createdAt: now }, judged, status.acts ?? { paused: false, seen: [] });
      expect([trouble, act.act, act.check, refusal]).toEqual([trouble, act.act, act.check, undefined]);
    }
  }
  expect([...offered].toSorted()).toEqual(expected);
});
