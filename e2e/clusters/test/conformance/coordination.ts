// Conformance: leases under a race, events in both groups, and namespaces that go away.
import { expect } from "vitest";
import { eventually } from "#support/eventually.ts";
import { at, type Reply } from "./client.ts";
import { type Checks, causeFields, createConfigMap, mergePatch } from "./scene.ts";

function lease(name: string, holderIdentity: string): { readonly [field: string]: unknown } {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name },
    spec: { holderIdentity, leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z" },
  };
}

function statuses(replies: readonly Reply[]): readonly number[] {
  return replies.map((reply) => reply.status).toSorted((a, b) => a - b);
}

export const leasing: Checks = {
  "of two creates of one lease exactly one wins": async (scene) => {
    const name = scene.name("create");
    const replies = await Promise.all(
      ["a", "b"].map((holder) => scene.client.request("POST", scene.leases, { body: lease(name, holder) })),
    );
    expect(statuses(replies)).toEqual([201, 409]);
  },
  "of several updates from one version exactly one wins": async (scene) => {
    const name = scene.name("update");
    const made = await scene.ok("POST", scene.leases, { body: lease(name, "") });
    const claim = (holderIdentity: string) => ({ ...made, spec: { ...(made["spec"] as object), holderIdentity } });
    const replies = await Promise.all(
      ["a", "b", "c", "d"].map((holder) =>
        scene.client.request("PUT", `${scene.leases}/${name}`, { body: claim(holder) }),
      ),
    );
    expect(statuses(replies)).toEqual([200, 409, 409, 409]);
    const winner = replies.find((reply) => reply.status === 200);
    const live = await scene.ok("GET", `${scene.leases}/${name}`);
    expect(at(live, "spec", "holderIdentity")).toBe(at(winner?.body, "spec", "holderIdentity"));
  },
  "an update of a lease needs a version": async (scene) => {
    const name = scene.name("blind");
    await scene.ok("POST", scene.leases, { body: lease(name, "a") });
    expect(
      causeFields(await scene.refused("Invalid", "PUT", `${scene.leases}/${name}`, { body: lease(name, "b") })),
    ).toEqual(["metadata.resourceVersion"]);
  },
  "a lease's duration must be positive": async (scene) => {
    const body = { ...lease(scene.name("zero"), "a"), spec: { leaseDurationSeconds: 0 } };
    expect(causeFields(await scene.refused("Invalid", "POST", scene.leases, { body }))).toEqual([
      "spec.leaseDurationSeconds",
    ]);
  },
};

export const reporting: Checks = {
  "an event of the newer group is read through the core group, and selected by its object": async (scene) => {
    const name = scene.name("event");
    const regarding = { apiVersion: "v1", kind: "ConfigMap", name, namespace: scene.namespace, uid: "1" };
    const body = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name },
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "retriever.dev/conformance",
      reportingInstance: "one",
      action: "Checking",
      reason: "Checked",
      type: "Normal",
      note: "seen",
      regarding,
    };
    await scene.ok("POST", `/apis/events.k8s.io/v1/namespaces/${scene.namespace}/events`, { body });
    const query = { fieldSelector: `involvedObject.name=${name},involvedObject.kind=ConfigMap` };
    const list = await scene.ok("GET", `/api/v1/namespaces/${scene.namespace}/events`, { query });
    expect(at(list, "items", 0, "message")).toBe("seen");
    expect(at(list, "items", 0, "involvedObject", "uid")).toBe("1");
  },
};

export const ending: Checks = {
  "a namespace that is going away refuses new objects, waits for finalizers, and then is gone": async (scene) => {
    const name = scene.name("doomed");
    const path = `/api/v1/namespaces/${name}`;
    const inside = { ...scene, configMaps: `${path}/configmaps` };
    await scene.ok("POST", "/api/v1/namespaces", { body: { metadata: { name } } });
    await createConfigMap(inside, { name: "plain" });
    await createConfigMap(inside, { name: "held", finalizers: ["test.retriever.dev/hold"] });
    await scene.ok("DELETE", path);
    expect(at(await scene.ok("GET", path), "status", "phase")).toBe("Terminating");
    const late = await scene.refused("Forbidden", "POST", inside.configMaps, { body: { metadata: { name: "late" } } });
    expect(at(late, "details", "causes", 0, "reason")).toBe("NamespaceTerminating");
    await eventually("what nothing holds goes", () => scene.refused("NotFound", "GET", `${inside.configMaps}/plain`));
    const release = { contentType: mergePatch, body: { metadata: { finalizers: null } } };
    await scene.ok("PATCH", `${inside.configMaps}/held`, release);
    await eventually("the namespace goes", () => scene.refused("NotFound", "GET", path));
  },
};
