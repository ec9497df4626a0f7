// Who may make a pod that the operator would hear, on a real API server.
import { describe, expect, it } from "vitest";
import type { User } from "#support/kube/client.ts";
import { alice, allowed, carol, patch, post, root, scene } from "./policy-scene.ts";

const { admin, core } = scene;
const made = "only the cluster's controllers make pods";
const controllers: User = {
  name: "system:serviceaccount:kube-system:replicaset-controller",
  groups: ["system:masters"],
};
const runner: User = { name: "system:serviceaccount:search:runner", groups: ["people"] };
const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "search-api-1", uid: "rs", controller: true };

function podOf(name: string, ownerReferences: readonly object[], container = "retriever-sidecar") {
  return { metadata: { name, ownerReferences }, spec: { containers: [{ name: container, image: "i:1" }] } };
}

export function describePods(): void {
  describe("pods that the operator would hear", () => {
    const pods = `${core}/pods`;

    it("are made by the cluster's controllers alone, whoever else may write pods", async () => {
      const job = { ...owner, apiVersion: "batch/v1", kind: "Job" };
      const deployment = { ...owner, kind: "Deployment" };
      const forged = [
        podOf("forged", [owner]),
        podOf("forged", [deployment]),
        podOf("forged", [job], "retriever-verify"),
        podOf("forged", [{ ...owner, uid: "other", controller: false }, job], "retriever-sync"),
      ];
      for (const as of [alice, runner, root])
        for (const pod of forged) expect(await admin.ask(post(as, pods, pod))).toContain(made);
      expect(await admin.ask(post(controllers, pods, podOf("real", [owner])))).toBe(allowed);
      expect(await admin.ask(post(carol, pods, podOf("by-hand", [owner])))).toBe(allowed);
    });

    it("get no controller and no other image of ours from anybody else; their labels, and other pods, are theirs", async () => {
      expect(await admin.ask(post(alice, pods, podOf("free", [])))).toBe(allowed);
      // Its owner isn't there, so that the cluster deletes it; the finalizer keeps it for as long as it is asked about.
      const kept = podOf("kept", [owner]);
      const held = { ...kept, metadata: { ...kept.metadata, finalizers: ["retriever.dev/settle"] } };
      expect(await admin.ask(post(controllers, pods, held))).toBe(allowed);
      expect(await admin.ask(patch(alice, `${pods}/free`, { metadata: { ownerReferences: [owner] } }))).toContain(made);
      const contentType = "application/strategic-merge-patch+json";
      const image = { spec: { containers: [{ name: "retriever-sidecar", image: "mine:1" }] } };
      expect(await admin.ask({ ...patch(alice, `${pods}/kept`, image), contentType })).toContain(
        "the image of retriever's container",
      );
      expect(await admin.ask(patch(alice, `${pods}/kept`, { metadata: { labels: { a: "b" } } }))).toBe(allowed);
      expect(await admin.ask(post(alice, pods, podOf("other", [owner], "api")))).toBe(allowed);
      expect(
        await admin.ask(patch(alice, `${pods}/kept`, { metadata: { ownerReferences: null, finalizers: null } })),
      ).toBe(allowed);
    });
  });
}
