// Conformance: leases under a race, events in both groups, and namespaces that go away.
import { expect } from "vitest";
import { at, type Reply } from "./client.ts";
import { type Checks, causeFields, createConfigMap, expectFailure, expectStatus, mergePatch, until } from "./scene.ts";

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
    const made = expectStatus(await scene.client.request("POST", scene.leases, { body: lease(name, "") }), 201);
    const claim = (holderIdentity: string) => ({ ...made, spec: { ...(made["spec"] as object), holderIdentity } });
    const replies = await Promise.all(
      ["a", "b", "c", "d"].map((holder) =>
        scene.client.request("PUT", `${scene.leases}/${name}`, { body: claim(holder) }),
      ),
    );
    expect(statuses(replies)).toEqual([200, 409, 409, 409]);
    const winner = replies.find((reply) => reply.status === 200);
    const live = expectStatus(await scene.client.request("GET", `${scene.leases}/${name}`), 200);
    expect(at(live, "spec", "holderIdentity")).toBe(at(winner?.body, "spec", "holderIdentity"));
  },
  "an update of a lease needs a version": async (scene) => {
    const name = scene.name("blind");
    expectStatus(await scene.client.request("POST", scene.leases, { body: lease(name, "a") }), 201);
    const reply = await scene.client.request("PUT", `${scene.leases}/${name}`, { body: lease(name, "b") });
    expect(causeFields(expectFailure(reply, 422, "Invalid"))).toEqual(["metadata.resourceVersion"]);
  },
  "a lease's duration must be positive": async (scene) => {
    const body = { ...lease(scene.name("zero"), "a"), spec: { leaseDurationSeconds: 0 } };
    expect(
      causeFields(expectFailure(await scene.client.request("POST", scene.leases, { body }), 422, "Invalid")),
    ).toEqual(["spec.leaseDurationSeconds"]);
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
    expectStatus(
      await scene.client.request("POST", `/apis/events.k8s.io/v1/namespaces/${scene.namespace}/events`, { body }),
      201,
    );
    const query = { fieldSelector: `involvedObject.name=${name},involvedObject.kind=ConfigMap` };
    const list = expectStatus(
      await scene.client.request("GET", `/api/v1/namespaces/${scene.namespace}/events`, { query }),
      200,
    );
    expect(at(list, "items", 0, "message")).toBe("seen");
    expect(at(list, "items", 0, "involvedObject", "uid")).toBe("1");
  },
};

export const ending: Checks = {
  "a namespace that is going away refuses new objects, waits for finalizers, and then is gone": async (scene) => {
    const name = scene.name("doomed");
    const path = `/api/v1/namespaces/${name}`;
    const inside = { ...scene, configMaps: `${path}/configmaps` };
    expectStatus(await scene.client.request("POST", "/api/v1/namespaces", { body: { metadata: { name } } }), 201);
    await createConfigMap(inside, { name: "plain" });
    await createConfigMap(inside, { name: "held", finalizers: ["test.retriever.dev/hold"] });
    expectStatus(await scene.client.request("DELETE", path), 200);
    expect(at(expectStatus(await scene.client.request("GET", path), 200), "status", "phase")).toBe("Terminating");
    const late = expectFailure(
      await scene.client.request("POST", inside.configMaps, { body: { metadata: { name: "late" } } }),
      403,
      "Forbidden",
    );
    expect(at(late, "details", "causes", 0, "reason")).toBe("NamespaceTerminating");
    await until(
      () => scene.client.request("GET", `${inside.configMaps}/plain`),
      (reply) => reply.status === 404,
    );
    const release = { contentType: mergePatch, body: { metadata: { finalizers: null } } };
    expectStatus(await scene.client.request("PATCH", `${inside.configMaps}/held`, release), 200);
    await until(
      () => scene.client.request("GET", path),
      (reply) => reply.status === 404,
    );
  },
};
