import { describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import type { KubeCall } from "#kube/kube-request.ts";
import { makeProveOwner } from "./pod-owners.ts";

const owner = { name: "search-api", uid: "deployment-uid" };
const { signal } = new AbortController();

function ownedBy(kind: string, name: string, uid: string, controller = true): KubeObject {
  return { metadata: { ownerReferences: [{ kind, name, uid, controller }] } };
}

/** ReplicaSets by name; everything that is asked is written down. */
function proving(replicaSets: Readonly<Record<string, KubeObject>>) {
  const asked: string[] = [];
  const request = async ({ place, accept }: KubeCall) => {
    asked.push(`${place.resource.plural} ${place.name}`);
    expect(accept).toContain("as=PartialObjectMetadata;");
    const found = replicaSets[place.name ?? ""];
    if (found === undefined) throw new OperatorError("ROP_NOT_FOUND", `${place.name}`);
    return found;
  };
  const prove = makeProveOwner(request);
  return { asked, prove: (pods: readonly KubeObject[]) => prove("search", pods, owner, signal) };
}

const newest: KubeObject = {
  metadata: { ...ownedBy("Deployment", "search-api", owner.uid).metadata, name: "search-api-1", uid: "rs-1" },
};
const other: KubeObject = {
  metadata: { ...ownedBy("Deployment", "other", "other-uid").metadata, name: "other-1", uid: "rs-2" },
};
const podOf = ownedBy("ReplicaSet", "search-api-1", "rs-1");

describe("a pod with the workload's labels", () => {
  test("is its own through a ReplicaSet, which is looked up once, and directly", async () => {
    const { asked, prove } = proving({ "search-api-1": newest });
    expect(await prove([podOf, podOf, ownedBy("Deployment", "search-api", owner.uid)])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await prove([podOf]);
    expect(asked).toEqual(["replicasets search-api-1"]);
  });

  test.each([
    ["nobody made", {}, "no controller owns it"],
    ["only belongs to it, controlled by nobody", ownedBy("ReplicaSet", "search-api-1", "rs-1", false), "no controller"],
    ["names an owner without a uid", ownedBy("Deployment", "search-api", ""), "no controller owns it"],
    ["is another workload's", ownedBy("ReplicaSet", "other-1", "rs-2"), "ReplicaSet other-1 owns it, which isn't"],
    ["names a ReplicaSet of another uid", ownedBy("ReplicaSet", "search-api-1", "made up"), "ReplicaSet search-api-1"],
    ["names one that isn't there", ownedBy("ReplicaSet", "gone", "rs-9"), "ReplicaSet gone owns it"],
    ["is of another kind", ownedBy("StatefulSet", "search-api", "rs-1"), "StatefulSet search-api owns it"],
  ])("that %s is a stranger", async (_, pod, why) => {
    const { prove } = proving({ "search-api-1": newest, "other-1": other });
    expect((await prove([podOf, pod])).map((one) => one ?? "own")).toEqual(["own", expect.stringContaining(why)]);
  });

  test("costs few requests, however many ReplicaSets strangers name", async () => {
    const { asked, prove } = proving({ "search-api-1": newest });
    const strangers = Array.from({ length: 1000 }, (_, index) => ownedBy("ReplicaSet", `x-${index}`, `x-${index}`));
    const proofs = await prove([podOf, ...strangers]);
    expect(proofs.filter((why) => why === undefined)).toHaveLength(1);
    expect(asked).toHaveLength(10);
  });
});
