// Policies of a namespace as an API tells them: selected by labels, counted over their namespaces, none where there is no kind.
import { describe, expect, it } from "vitest";
import { OperatorError } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import type { KubeCall } from "#kube/kube-request.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { makeClusterPolicies } from "./cluster-policies.ts";

const { signal } = new AbortController();
const meta = { ...new FakeCluster().create({ namespace: "search", name: "docs" }, {}), uid: "u" };
const of = (value: string) => ({ matchExpressions: [{ key: "tier", operator: "In", values: [value] }] });
const aMigration = (namespace: string, name: string, status: object): KubeObject => ({
  metadata: { namespace, name, uid: `${namespace}/${name}`, creationTimestamp: "2026-03-01T12:00:00Z" },
  status,
});
const accepted = (phase: string) => ({ phase, planHash: "0123456789abcdef" });

/** An API with these policies and migrations; namespace search and bank are of the tier bank, all others of none. */
function serve(policies: readonly object[] | OperatorError, migrations: readonly KubeObject[] = []) {
  const asked: string[] = [];
  const request = async ({ place }: KubeCall) => {
    asked.push(`${place.resource.plural} ${place.namespace ?? ""}${place.name ?? ""}`);
    const { plural } = place.resource;
    if (plural === "namespaces") {
      const labels = ["search", "bank"].includes(place.name ?? "") ? { tier: "bank" } : {};
      return { metadata: { name: place.name, labels } };
    }
    if (plural === "retrievermigrations") {
      const items = migrations.filter(({ metadata }) => [undefined, metadata?.namespace].includes(place.namespace));
      return { metadata: {}, items };
    }
    if (policies instanceof OperatorError) throw policies;
    return { metadata: {}, items: policies };
  };
  const list = (watched: readonly string[] = []) => makeClusterPolicies(request, watched).listPolicies(meta, signal);
  return { asked, list };
}

describe("policies", () => {
  it("are none, and nothing else is asked, where the API doesn't serve them or there is none", async () => {
    for (const given of [new OperatorError("ROP_NOT_FOUND", "no such kind"), []]) {
      const { asked, list } = serve(given);
      expect(await list()).toEqual([]);
      expect(asked).toEqual(["retrievermigrationpolicies "]);
    }
  });

  it("that may not be listed are a fault, with its code", async () => {
    const { list } = serve(new OperatorError("ROP_FORBIDDEN", "list policies"));
    await expect(list()).rejects.toMatchObject({ code: "ROP_FORBIDDEN" });
  });

  it("are those that select the namespace by its labels, and those that can't be read", async () => {
    const { list } = serve([
      { metadata: { name: "bank" }, spec: { namespaceSelector: of("bank"), hold: true } },
      { metadata: { name: "shop" }, spec: { namespaceSelector: of("shop") } },
      { metadata: { name: "newer" }, spec: { namespaceSelector: of("shop"), moon: true } },
      { metadata: { name: "empty" } },
    ]);
    expect(await list()).toMatchObject([
      { name: "bank", spec: { hold: true }, underWay: [] },
      { name: "newer", fault: expect.stringContaining("spec.moon") },
      { name: "empty", spec: { hold: false } },
    ]);
  });

  it("that say how many there may be count what is accepted and hasn't ended in their namespaces, but for the own one", async () => {
    const migrations = [
      aMigration("search", "a", accepted("Guard")),
      aMigration("bank", "b", accepted("Preflight")),
      aMigration("bank", "strange", accepted("Landing")),
      aMigration("bank", "waiting", { phase: "Pending", planHash: "" }),
      aMigration("bank", "new", {}),
      ...["Completed", "RolledBack", "Validated"].map((phase) => aMigration("bank", phase, accepted(phase))),
      aMigration("shop", "elsewhere", accepted("Ramp")),
      { ...aMigration("search", "docs", accepted("Preflight")), metadata: { namespace: "search", uid: "u" } },
    ];
    const policy = { metadata: { name: "bank" }, spec: { namespaceSelector: of("bank"), mostMigrations: 2 } };
    const { list, asked } = serve([policy], migrations);
    const [found] = await list();
    const names = found !== undefined && "underWay" in found ? found.underWay.map(({ name }) => name) : [];
    expect(names).toEqual(["a", "b", "strange"]);
    expect(asked.filter((one) => one === "namespaces bank")).toHaveLength(1);
    const [watched] = await list(["search"]);
    expect(watched).toMatchObject({ underWay: [{ name: "a", phase: "Guard" }] });
  });
});
