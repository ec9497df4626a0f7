// All that is open, at once, each with who or what answers it.
import { migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { expect, it } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";

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
    "target TargetNotFound: whoever deploys it: kubectl retriever check --for deployment/search-api lists what is missing",
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
