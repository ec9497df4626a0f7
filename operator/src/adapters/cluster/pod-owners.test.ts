import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import type { KubeCall } from "#kube/kube-request.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { makeProveOwner } from "./pod-owners.ts";

const owner = { name: "search-api", uid: "deployment-uid" };
const { signal } = new AbortController();

function ownedBy(kind: string, name: string, uid: string, controller = true): KubeObject {
  return { metadata: { ownerReferences: [{ kind, name, uid, controller }] } };
}

/** ReplicaSets by name; everything that is asked is written down. */
function proving(replicaSets: Readonly<Record<string, KubeObject | OperatorError>>) {
  const asked: string[] = [];
  const clock = new FakeClock();
  const request = async ({ place, accept }: KubeCall) => {
    asked.push(`${place.resource.plural} ${place.name}`);
    expect(accept).toContain("as=PartialObjectMetadata;");
    const found = replicaSets[place.name ?? ""];
    if (found === undefined) throw new OperatorError("ROP_NOT_FOUND", `${place.name}`);
    if (found instanceof OperatorError) throw found;
    return found;
  };
  const prove = makeProveOwner(request, clock);
  return { asked, clock, prove: (pods: readonly KubeObject[]) => prove("search", pods, owner, signal) };
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
    [
      "names the workload's uid as that of another kind",
      ownedBy("Widget", "search-api", owner.uid),
      "Widget search-api",
    ],
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

  test.each([
    ["a path", "a/b"],
    ["the folder above", ".."],
    ["nothing", ""],
    ["capitals", "Search-api-1"],
    ["a query", "search-api-1?x=1"],
    ["a name longer than one can be", "x".repeat(254)],
  ])("whose owner is named like %s is a stranger, and nothing is asked for it", async (_, name) => {
    const { asked, prove } = proving({ "search-api-1": newest });
    const proofs = await prove([podOf, ownedBy("ReplicaSet", name, "x")]);
    expect(proofs).toEqual([undefined, expect.stringContaining("owns it, which isn't of Deployment search-api")]);
    expect(asked).toEqual(["replicasets search-api-1"]);
  });

  test("whose lookup is refused is a stranger; where the API fails, the list fails and leaves no pod of ours out", async () => {
    const refused = proving({ "search-api-1": newest, "other-1": new OperatorError("ROP_FORBIDDEN", "get") });
    const why = expect.stringContaining("isn't of Deployment search-api (the lookup was refused)");
    expect(await refused.prove([podOf, ownedBy("ReplicaSet", "other-1", "rs-2")])).toEqual([undefined, why]);
    const failing = proving({ "search-api-1": new OperatorError("ROP_API_UNAVAILABLE", "get") });
    await expect(failing.prove([podOf])).rejects.toThrow("get");
  });

  test("is named without what a terminal would obey, and bounded", async () => {
    const { prove } = proving({});
    const [why = ""] = await prove([ownedBy("Evil\u001b[2J\n\u202e", "y".repeat(5000), "x")]);
    expect(why).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(why.length).toBeLessThan(300);
  });
});

describe("ReplicaSets that strangers name", () => {
  const strangersOf = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => ownedBy("ReplicaSet", `${prefix}${index}`, `${prefix}${index}`));

  test("are looked up after those that are named as the workload's", async () => {
    const { prove } = proving({ "search-api-1": newest });
    expect((await prove([...strangersOf(50, "aaa-"), podOf])).at(-1)).toBeUndefined();
  });

  test("hide none of ours for good, however many and whatever they are called", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.constantFrom("aaa-", "search-api-0"),
        async (many, prefix) => {
          const { clock, prove } = proving({ "search-api-1": newest });
          const pods = [...strangersOf(many, prefix), podOf];
          for (let list = 0; list < 6; list += 1) {
            await prove(pods);
            await clock.advance(5000);
          }
          expect((await prove(pods)).at(-1)).toBeUndefined();
        },
      ),
      { numRuns: 20 },
    );
  });

  test("are asked again only after a while, when one may have been adopted", async () => {
    const sets: Record<string, KubeObject> = { "search-api-1": newest, "other-1": other };
    const { asked, clock, prove } = proving(sets);
    const pod = ownedBy("ReplicaSet", "other-1", "rs-2");
    for (let list = 0; list < 5; list += 1) await prove([pod]);
    expect(asked).toHaveLength(1);
    sets["other-1"] = { metadata: { ...newest.metadata, name: "other-1", uid: "rs-2" } };
    await clock.advance(120_000);
    expect(await prove([pod])).toEqual([undefined]);
    await prove([pod]);
    expect(asked).toHaveLength(2);
  });
});
