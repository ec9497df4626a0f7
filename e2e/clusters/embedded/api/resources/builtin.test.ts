// The rules of built-in kinds: that they compile, what they refuse and where, and what they let pass.
import { describe, expect, it } from "vitest";
import { evaluateRules, ruleFaults } from "../schema/cel.ts";
import { builtinTypes } from "./builtin.ts";

const labels = { app: "x" };
const template = { metadata: { labels }, spec: { containers: [{ name: "app" }] } };
const deployment = { spec: { replicas: 1, selector: { matchLabels: labels }, template } };
const pod = { spec: { containers: [{ name: "app", image: "one" }] } };
const metadata = { name: "x", namespace: "here" };
const coreEvent = { metadata, involvedObject: { name: "x", namespace: "here" } };
const event = {
  metadata,
  regarding: { name: "x", namespace: "here" },
  eventTime: "2026-01-01T00:00:00.000000Z",
  reportingController: "c",
  reportingInstance: "i",
  action: "a",
  reason: "r",
  type: "Normal",
};

function fieldsOf(group: string, plural: string, value: unknown, old?: unknown): readonly string[] {
  const type = builtinTypes.find((one) => one.group === group && one.plural === plural);
  if (type === undefined) throw new Error(`no such kind: ${plural}`);
  return evaluateRules({ schema: type.schema, value, old, path: "" }).map(({ field, message }) =>
    message.includes("rule evaluation error") ? message : field,
  );
}

describe("the rules of built-in kinds", () => {
  it.each(builtinTypes.map((type) => [`${type.plural}.${type.group}`, type] as const))("%s: compile", (_, type) => {
    expect(ruleFaults(type.schema, "schema").filter(({ message }) => !message.includes("undefined field"))).toEqual([]);
  });

  it.each([
    ["", "pods", pod],
    ["", "configmaps", { data: { "a.json": "" } }],
    ["", "configmaps", {}],
    [
      "",
      "configmaps",
      { metadata: { labels: { "app.kubernetes.io/name": "a.b_c", tier: "" }, finalizers: ["a.b/c"] } },
    ],
    ["", "events", coreEvent],
    ["", "events", { metadata: { ...metadata, namespace: "default" }, involvedObject: { name: "x" } }],
    ["events.k8s.io", "events", event],
    ["apps", "deployments", deployment],
    ["coordination.k8s.io", "leases", { spec: { leaseDurationSeconds: 15, leaseTransitions: 0 } }],
    ["coordination.k8s.io", "leases", { spec: { leaseDurationSeconds: null } }],
  ])("let pass %s %s %j", (group, plural, value) => {
    expect(fieldsOf(group, plural, value)).toEqual([]);
  });

  it.each([
    ["", "configmaps", { metadata: { labels: { "a b": "" } } }, "metadata.labels"],
    ["", "configmaps", { metadata: { labels: { a: "-" } } }, "metadata.labels"],
    ["", "configmaps", { metadata: { labels: { a: "x".repeat(64) } } }, "metadata.labels"],
    ["", "configmaps", { metadata: { annotations: { "/a": "" } } }, "metadata.annotations"],
    ["", "configmaps", { metadata: { finalizers: ["a/b/c"] } }, "metadata.finalizers"],
    ["", "configmaps", { metadata: { ownerReferences: [{ uid: "1" }] } }, "metadata.ownerReferences[0].name"],
    ["", "pods", { spec: {} }, "spec.containers"],
    ["", "pods", { spec: { containers: [] } }, "spec.containers"],
    ["", "pods", { spec: { containers: [{ image: "app" }] } }, "spec.containers[0].name"],
    ["", "configmaps", { data: { "a/b": "" } }, "data"],
    ["", "configmaps", { data: { "..": "" } }, "data"],
    ["", "events", { metadata }, "involvedObject"],
    ["", "events", { metadata, involvedObject: { namespace: "there" } }, "involvedObject.namespace"],
    ["", "events", { metadata, involvedObject: { name: "x" } }, "involvedObject.namespace"],
    ["events.k8s.io", "events", { ...event, regarding: { namespace: "there" } }, "regarding.namespace"],
    ["events.k8s.io", "events", { ...event, action: "" }, "action"],
    ["events.k8s.io", "events", { ...event, eventTime: null }, "eventTime"],
    ["events.k8s.io", "events", { ...event, type: "Odd" }, "type"],
    ["events.k8s.io", "events", { ...event, note: "x".repeat(1025) }, "note"],
    ["apps", "deployments", { spec: { ...deployment.spec, replicas: -1 } }, "spec.replicas"],
    ["apps", "deployments", { spec: { template } }, "spec.selector"],
    [
      "apps",
      "deployments",
      { spec: { selector: { matchLabels: { app: "y" } }, template } },
      "spec.template.metadata.labels",
    ],
    [
      "apps",
      "deployments",
      { spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } } },
      "spec.template.spec.containers",
    ],
    ["coordination.k8s.io", "leases", { spec: { leaseDurationSeconds: 0 } }, "spec.leaseDurationSeconds"],
    ["coordination.k8s.io", "leases", { spec: { leaseTransitions: -1 } }, "spec.leaseTransitions"],
  ])("refuse %s %s %j at %s", (group, plural, value, field) => {
    expect(fieldsOf(group, plural, value)).toContain(field);
  });

  it("refuse a definition of another name, scope, storage or conversion than there can be", () => {
    const spec = { group: "g", scope: "Cluster", names: { plural: "things" }, versions: [{ storage: true }] };
    const faults = (name: string, over: object = {}, old?: object) =>
      fieldsOf(
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        { metadata: { name }, spec: { ...spec, ...over } },
        old,
      );
    expect(faults("things.g")).toEqual([]);
    expect(faults("thing.g")).toEqual(["metadata.name"]);
    expect(faults("things.g", { scope: "Odd" })).toEqual(["spec.scope"]);
    expect(faults("things.g", { scope: "Namespaced" }, { metadata: { name: "things.g" }, spec })).toEqual([
      "spec.scope",
    ]);
    expect(faults("things.g", { versions: [{ storage: true }, { storage: true }] })).toEqual(["spec.versions"]);
    expect(faults("things.g", { versions: [{}] })).toEqual(["spec.versions"]);
    expect(faults("things.g", { conversion: { strategy: "Webhook" } })).toEqual(["spec.conversion.strategy"]);
  });

  it("let a pod be given its node, once, and nothing else of its specification change", () => {
    const assigned = { spec: { ...pod.spec, nodeName: "one" } };
    expect(fieldsOf("", "pods", assigned, pod)).toEqual([]);
    const moved = { spec: { ...pod.spec, nodeName: "two" } };
    const changed = { spec: { containers: [{ name: "app", image: "two" }] } };
    const grown = { spec: { ...pod.spec, hostname: "x" } };
    const deep = (path: string) => ({ spec: { containers: [{ name: "app", lifecycle: { preStop: { path } } }] } });
    for (const [next, before] of [
      [moved, assigned],
      [pod, assigned],
      [changed, pod],
      [grown, pod],
      [pod, grown],
      [deep("/a"), deep("/b")],
    ])
      expect(fieldsOf("", "pods", next, before)).toEqual(["spec"]);
  });

  it("never let the selector of a Deployment change", () => {
    const labelled = { metadata: { labels: { app: "x", tier: "y" } }, spec: template.spec };
    const old = { spec: { ...deployment.spec, template: labelled } };
    const next = { spec: { ...old.spec, selector: { matchLabels: { tier: "y" } } } };
    expect(fieldsOf("apps", "deployments", next, old)).toEqual(["spec.selector"]);
  });
});
