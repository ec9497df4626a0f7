// Who may make a pod that the operator would hear, on a real API server.
import { describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import type { User } from "#support/kube/client.ts";
import { ensure } from "#support/kube/definitions.ts";
import { alice, allowed, carol, patch, post, root, scene } from "./policy-scene.ts";

const { admin, namespace, core, apps } = scene;
const taken = "a label by which a ReplicaSet or Job takes it over";
const adopting = ["pod-template-hash", "controller-uid", "batch.kubernetes.io/controller-uid"];
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

const pods = `${core}/pods`;

export function describePods(): void {
  describeAdopted();
  describe("pods that the operator would hear", () => {
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

function describeAdopted(): void {
  describe("pods that the operator would hear", () => {
    it("have no label by which a ReplicaSet or a Job takes them over, but by the cluster's controllers", async () => {
      for (const key of adopting) {
        const orphan = podOf("orphan", []);
        const labelled = { ...orphan, metadata: { ...orphan.metadata, labels: { [key]: "h" } } };
        const relabel = (value: string | null) =>
          patch(alice, `${pods}/orphan`, { metadata: { labels: { [key]: value } } });
        for (const as of [alice, runner, root]) expect(await admin.ask(post(as, pods, labelled))).toContain(taken);
        expect(await admin.ask(post(controllers, pods, labelled))).toBe(allowed);
        expect(await admin.ask(relabel("other"))).toContain(taken);
        const image = { spec: { containers: [{ name: "retriever-sidecar", image: "mine:1" }] } };
        const contentType = "application/strategic-merge-patch+json";
        expect(await admin.ask({ ...patch(alice, `${pods}/orphan`, image), contentType })).toContain(
          "image of retriever",
        );
        expect(await admin.ask(relabel(null))).toBe(allowed);
        expect(await admin.ask(relabel("h"))).toContain(taken);
        expect(await admin.ask({ as: alice, method: "DELETE", path: `${pods}/orphan` })).toBe(allowed);
      }
    });

    it("that somebody makes after a target's own, labels and all, don't come to its ReplicaSet", async () => {
      const labels = { a: "adopting" };
      const containers = [{ name: "retriever-sidecar", image: "c:1" }];
      const template = { metadata: { labels }, spec: { schedulerName: "nobody", containers } };
      const spec = { replicas: 1, selector: { matchLabels: labels }, template };
      await ensure(admin, apps, { metadata: { name: "adopting" }, spec });
      const replicaSets = `/apis/apps/v1/namespaces/${namespace}/replicasets`;
      const hash = await eventually("its ReplicaSet is there", async () => {
        const found = (await admin.list(replicaSets)).find(({ metadata }) => metadata.name.startsWith("adopting-"));
        return found?.metadata.name.slice("adopting-".length) ?? false;
      });
      const alike = (container: string) => {
        const pod = podOf(`alike-${container}`, [], container);
        return { ...pod, metadata: { ...pod.metadata, labels: { ...labels, "pod-template-hash": hash } } };
      };
      expect(await admin.ask(post(alice, pods, alike("retriever-sidecar")))).toContain(taken);
      // One that the operator wouldn't hear is taken over: what the ReplicaSet does with labels is what is feared here.
      expect(await admin.ask(post(alice, pods, alike("api")))).toBe(allowed);
      await eventually("the other one is taken over, or was one too many", async () => {
        const pod = (await admin.get(`${pods}/alike-api`)) as { metadata: { ownerReferences?: object[] } } | undefined;
        return pod === undefined || pod.metadata.ownerReferences !== undefined;
      });
      expect(await admin.ask({ as: root, method: "DELETE", path: `${apps}/adopting` })).toBe(allowed);
    });
  });
}
