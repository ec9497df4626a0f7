// Conformance: leases under a race, and events.
import { expect } from "vitest";
import { at, type Reply } from "./client.ts";
import { type Checks, causeFields } from "./scene.ts";

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
};

export const reporting: Checks = {
  "an event is selected by its object": async (scene) => {
    const name = scene.name("event");
    const involvedObject = { apiVersion: "v1", kind: "ConfigMap", name, namespace: scene.namespace, uid: "1" };
    const events = `/api/v1/namespaces/${scene.namespace}/events`;
    const body = { metadata: { name }, reason: "Checked", type: "Normal", message: "seen", involvedObject };
    await scene.ok("POST", events, { body });
    const query = { fieldSelector: `involvedObject.name=${name},involvedObject.kind=ConfigMap` };
    const list = await scene.ok("GET", events, { query });
    expect(list["items"]).toMatchObject([{ message: "seen", involvedObject }]);
    const other = { fieldSelector: `involvedObject.name=${name},involvedObject.uid=2` };
    expect((await scene.ok("GET", events, { query: other }))["items"]).toEqual([]);
  },
};
