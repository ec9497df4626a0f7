// Who may make a pod that the operator would hear: the policy's own expressions, asked about people, controllers and pods.
import { describe, expect, it } from "vitest";
import {
  copyContainer,
  repairContainer,
  sidecarContainer,
  syncContainer,
  verifyContainer,
} from "../../retriever-sidecar/src/contract/names.ts";
import { makeRefusalOf } from "./ask-policy.ts";

type Pod = { readonly metadata: object; readonly spec: object };
const refusalOf = makeRefusalOf("-pod-owners");

const replicaSet = { kind: "ReplicaSet", name: "search-api-1", uid: "rs", controller: true };
const job = { kind: "Job", name: "docs-verify-1", uid: "j", controller: true };
const sidecar = { name: "retriever-sidecar", image: "sidecar:1" };

function podOf(
  owners: readonly object[] | undefined,
  containers: readonly object[] = [sidecar],
  more: object = {},
): Pod {
  return { metadata: owners === undefined ? {} : { ownerReferences: owners }, spec: { containers, ...more } };
}

const owned = podOf([replicaSet]);
const labelled = ({ metadata, spec }: Pod, labels: object): Pod => ({ metadata: { ...metadata, labels }, spec });
const made = "only the cluster's controllers make pods";
const image = "the image of retriever's container";

describe("a tenant who may write pods", () => {
  it.each<[string, Pod, Pod | undefined]>([
    ["makes one of a target's ReplicaSet", owned, undefined],
    ["makes one with the sidecar in initContainers", podOf([replicaSet], [], { initContainers: [sidecar] }), undefined],
    ["makes one of a Deployment", podOf([{ ...replicaSet, kind: "Deployment" }]), undefined],
    ["makes one of a verification", podOf([job], [{ name: "retriever-verify", image: "v:1" }]), undefined],
    [
      "makes one of a sync, behind another owner",
      podOf([{ kind: "A", uid: "a" }, job], [{ name: "retriever-sync", image: "s" }]),
      undefined,
    ],
    ["gives one of its own to a ReplicaSet", owned, podOf(undefined)],
    ["gives one to another ReplicaSet", podOf([{ ...replicaSet, uid: "other" }]), owned],
    ["makes a mere owner the controller", owned, podOf([{ ...replicaSet, controller: false }])],
  ])("is refused where it %s", (_, pod, before) => {
    for (const username of [
      "alice",
      "system:serviceaccount:search:runner",
      "system:anonymous",
      "system:serviceaccount:kube-system-2:a",
    ]) {
      const asked = { username, object: pod, ...(before === undefined ? {} : { before }) };
      expect([username, refusalOf(asked)]).toEqual([username, expect.stringContaining(made)]);
    }
  });

  it.each<[string, object, Pod | undefined]>([
    ["makes one with a ReplicaSet's label", { "pod-template-hash": "h" }, undefined],
    ["makes one with a Job's label", { "batch.kubernetes.io/controller-uid": "j" }, undefined],
    ["makes one with a Job's older label", { "controller-uid": "j" }, undefined],
    ["puts such a label on", { a: "b", "pod-template-hash": "h" }, labelled(podOf(undefined), { a: "b" })],
    ["changes such a label", { "pod-template-hash": "h" }, labelled(owned, { "pod-template-hash": "other" })],
  ])("is refused where it %s, whoever controls it", (_, labels, before) => {
    const cloneSet = { kind: "CloneSet", uid: "c", controller: true };
    const controllers: readonly (readonly object[] | undefined)[] = [undefined, [cloneSet]];
    for (const owners of before === undefined ? controllers : [undefined]) {
      const object = labelled(podOf(owners), labels);
      const asked = { username: "alice", object, ...(before === undefined ? {} : { before }) };
      expect(refusalOf(asked)).toContain("a label by which a ReplicaSet or Job takes it over");
    }
  });

  it("is refused another image in a pod that its ReplicaSet let go, and may take over again", () => {
    const left = labelled(podOf(undefined), { "pod-template-hash": "h" });
    const other = labelled(podOf(undefined, [{ ...sidecar, image: "mine:1" }]), { "pod-template-hash": "h" });
    expect(refusalOf({ username: "alice", object: other, before: left })).toContain(image);
    expect(refusalOf({ username: "alice", object: podOf(undefined), before: left })).toBeUndefined();
  });

  it("is refused another image of the sidecar in a target's pod", () => {
    const other = podOf([replicaSet], [{ ...sidecar, image: "mine:1" }]);
    expect(refusalOf({ username: "alice", object: other, before: owned })).toContain(image);
  });

  it.each([sidecarContainer, verifyContainer, copyContainer, syncContainer, repairContainer])(
    "is refused a pod with %s that a Job controls, and another image of it there",
    (name) => {
      const pod = podOf([job], [{ name, image: "own:1" }]);
      expect(refusalOf({ username: "alice", object: pod })).toContain(made);
      const before = podOf([job], [{ name, image: "theirs:1" }]);
      expect(refusalOf({ username: "alice", object: pod, before })).toContain(image);
    },
  );

  it.each<[string, Pod, Pod | undefined]>([
    ["a pod that nobody controls", podOf(undefined), undefined],
    ["one that a ReplicaSet merely owns", podOf([{ ...replicaSet, controller: false }]), undefined],
    ["one without a container of ours", podOf([replicaSet], [{ name: "api", image: "api:1" }]), undefined],
    ["one of a kind that is no target", podOf([{ ...replicaSet, kind: "CloneSet" }]), undefined],
    ["labels of a target's pod", owned, owned],
    [
      "the application's image in it",
      podOf([replicaSet], [sidecar, { name: "api", image: "2" }]),
      podOf([replicaSet], [sidecar, { name: "api", image: "1" }]),
    ],
    ["a pod that it takes from its ReplicaSet", podOf(undefined), owned],
  ])("may write %s", (_, pod, before) => {
    expect(refusalOf({ username: "alice", object: pod, ...(before === undefined ? {} : { before }) })).toBeUndefined();
  });
});

describe("the cluster's own, and break-glass,", () => {
  it.each([
    ["system:serviceaccount:kube-system:replicaset-controller", []],
    ["system:serviceaccount:kube-system:job-controller", []],
    ["system:kube-controller-manager", []],
    ["carol", ["retriever:break-glass"]],
  ])("%s makes pods of targets and Jobs", (username, groups) => {
    expect(refusalOf({ username, groups, object: owned })).toBeUndefined();
    const object = labelled(owned, { "pod-template-hash": "h" });
    expect(refusalOf({ username, groups, object })).toBeUndefined();
    expect(refusalOf({ username, groups, object: owned, before: podOf(undefined) })).toBeUndefined();
  });
});
