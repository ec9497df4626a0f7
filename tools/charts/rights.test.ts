// The operator's rights, held to what its adapters ask of the API server: no call without a right, no right without a call.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { makeAuditStore } from "../../operator/src/adapters/audit/audit-config-maps.ts";
import { makeKubernetesCluster } from "../../operator/src/adapters/cluster/kubernetes-cluster.ts";
import { makeLeaseStore } from "../../operator/src/adapters/control-plane/lease-store.ts";
import { makeKubernetesJobs } from "../../operator/src/adapters/jobs/kubernetes-jobs.ts";
import { makeActPick } from "../../operator/src/core/people/turns.ts";
import { OperatorError } from "../../operator/src/errors.ts";
import { type KubeRequest, verbOf } from "../../operator/src/kube/kube-request.ts";
import { configMaps, migrationActs, migrations, type Resource, rightOf } from "../../operator/src/kube/resources.ts";

const root = join(import.meta.dirname, "../..");
const { signal } = new AbortController();
const name = { namespace: "search", name: "docs", uid: "u" };
const meta = { ...name, generation: 1, resourceVersion: "1", createdAt: 0, deleting: false, finalizers: [] };

type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
};
type Manifest = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly name: string };
  readonly subjects?: readonly { readonly name: string }[];
};

function manifestsOf(rendering: string, chart = "retriever-migration-operator"): readonly Manifest[] {
  const text = readFileSync(join(root, `charts/${chart}/renderings/${rendering}.yaml`), "utf8");
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** `get configmaps`, one line per right. */
function rightsOf(roles: readonly Manifest[]): string[] {
  const rules = roles.flatMap(({ rules = [] }) => rules);
  const rights = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${nameOf(group, resource)}`)),
    ),
  );
  return [...new Set(rights)].toSorted();
}

function nameOf(group: string, resource: string): string {
  const [plural = "", ...below] = resource.split("/");
  return [group === "" ? plural : `${plural}.${group}`, ...below].join("/");
}

/** Notes every call; answers with an object that fits, or as if nothing were there. */
function recorder(isThere: boolean) {
  const asked = new Set<string>();
  const ownerReferences = [{ kind: "ReplicaSet", name: "search-api-1", uid: "rs", controller: true }];
  const request: KubeRequest = async ({ method, place }) => {
    asked.add(`${verbOf({ method, place })} ${rightOf(place)}`);
    if (method !== "GET") return { metadata: { name: "a", resourceVersion: "2" } };
    const items = place.resource.plural === "pods" ? [{ metadata: { name: "p", ownerReferences } }] : [];
    if (place.name === undefined) return { metadata: {}, items };
    if (!isThere) throw new OperatorError("ROP_NOT_FOUND", place.name);
    const finalizers = ["retriever.dev/settle", "retriever.dev/overlay"];
    const labels = { "retriever.dev/migration-uid": "u" };
    return {
      metadata: { name: place.name, uid: "u", finalizers, labels },
      spec: { suspend: true, jobTemplate: { spec: {} } },
    };
  };
  return { asked, request };
}

/** Everything the adapters can ask, with objects there and without. */
async function askEverything(isThere: boolean): Promise<Set<string>> {
  const { asked, request } = recorder(isThere);
  const clock = { now: () => 0, elapsed: () => 0 } as unknown as Parameters<typeof makeKubernetesCluster>[0]["clock"];
  const cluster = makeKubernetesCluster({ request, clock, namespaces: [], instance: "i" });
  const jobs = makeKubernetesJobs(request);
  const evidence = makeAuditStore(request, () => 0.5);
  const lease = makeLeaseStore(request, { namespace: "retriever-system", name: "l", version: "1.2.3" });
  const target = { namespace: "search", name: "search-api" };
  const intent = { migrationUid: "u", epoch: 1, rollback: null };
  const said = { type: "Normal", reason: "R", message: "m", severity: null } as const;
  const record = { holder: "h", durationSeconds: 15, renewedAt: 0, acquiredAt: 0, transitions: 0 };
  const place = {
    maps: Array.from({ length: 20 }, (_, index) => `docs-evidence-${index + 101}`),
    resourceVersion: "1",
  };
  const text = { seq: 1, hash: "0".repeat(64) } as unknown as Parameters<typeof evidence.append>[2];
  const end = (bytes: number) => ({ seq: 0, hash: "", place: { ...place, bytes } });
  const wishes: readonly (() => Promise<unknown>)[] = [
    () => cluster.listMigrations(signal),
    () => cluster.readMigration(meta, signal),
    () => cluster.readWorkload("search", "search-api", signal),
    () => cluster.readNamespaceTerminating("search", signal),
    () => cluster.readConfigMap("search", "base", signal),
    () => cluster.listPods("search", "a=b", signal, { name: "search-api", uid: "u" }),
    () => cluster.listClaims("search", "search-api", "u", signal),
    () => cluster.listActs(meta, makeActPick({} as never, 0), signal),
    () => cluster.deleteAct(meta, name, signal),
    () => cluster.ownAct(meta, name, signal),
    () => cluster.listPolicies(meta, signal),
    () => cluster.readActIdentityProved(signal),
    () => cluster.writeStatus(meta, {} as never, signal),
    () => cluster.addFinalizer(meta, signal),
    () => cluster.removeFinalizer(meta, signal),
    () => cluster.annotatePod("search", "p", 1, signal),
    () => cluster.applyOverlay(target, { text: "{}", intent, force: false }, signal),
    () => cluster.releaseOverlay(target, true, signal),
    () => cluster.releaseOverlay(target, false, signal),
    () => cluster.announce(meta, said, signal),
    () => cluster.announce(meta, said, signal),
    () => evidence.readEnd({ namespace: "search", name: "docs", uid: "u" }, signal),
    () => evidence.append({ namespace: "search", name: "docs", uid: "u" }, end(0), text, signal),
    () => evidence.append({ namespace: "search", name: "docs", uid: "u" }, end(512 * 1024), text, signal),
    () => lease.read(signal),
    () => lease.write(record, undefined, signal),
    () => lease.write(record, "1", signal),
    () => jobs.readTemplate("search", "verify", signal),
    () => jobs.listJobs("search", "u", signal),
    () => jobs.listPods("search", { name: "j", uid: "u" }, "c", signal),
    () => jobs.createJob(meta, { name: "j", template: "verify", since: null }, signal),
    () => jobs.deleteJob(meta, "j", signal),
    () => jobs.readReportOf("search", "docs-drift", signal),
    () => jobs.keepReport(meta, "docs-drift", { job: "j", partition: 0, text: "{}", digest: "d" }, signal),
    () => jobs.placeReports(meta, { from: "docs-drift", to: "app-retriever-drift" }, "{}", signal),
  ];
  // What isn't there is a fault to some of them; here only the question counts.
  for (const wish of wishes) await wish().catch(() => undefined);
  return asked;
}

/** Watches are opened beside the requests; what is watched stands in one table. */
function watched(): string[] {
  const text = readFileSync(join(root, "operator/src/adapters/control-plane/kubernetes-event-source.ts"), "utf8");
  const known: Readonly<Record<string, Resource>> = { migrations, migrationActs, configMaps };
  return [...text.matchAll(/\{ resource: (\w+), query/g)].flatMap(([, variable = ""]) => {
    const resource = known[variable];
    const right = resource === undefined ? `${variable}, which this test doesn't know` : rightOf({ resource });
    return [`list ${right}`, `watch ${right}`];
  });
}

describe("the operator's rights", async () => {
  const asked = new Set([...(await askEverything(true)), ...(await askEverything(false)), ...watched()]);
  const needed = [...asked].toSorted();
  const own = (manifests: readonly Manifest[]) =>
    manifests.filter(
      ({ kind, metadata }) =>
        /^(Cluster)?Role$/.test(kind) && /operator(-lease|-policies|-tokens)?$/.test(metadata.name),
    );

  it("are what the adapters ask for, no less and no more", () => {
    expect(needed.length).toBeGreaterThan(25);
    expect(rightsOf(own(manifestsOf("default")))).toEqual(needed);
  });

  it("are the same in every listed namespace, and beyond them only to see policies by name, and whose a token is", () => {
    const roles = own(manifestsOf("everything"));
    const roleOf = (namespace: string) =>
      roles.filter(({ kind, metadata }) => kind === "Role" && metadata.namespace === namespace);
    const clusterWide = roles.filter(({ kind }) => kind === "ClusterRole");
    const rules = clusterWide.flatMap(({ rules = [] }) => rules);
    expect(
      rightsOf(clusterWide).every((right) =>
        /^(get validatingadmissionpolic|list retrievermigrationpolicies|create tokenreviews)/.test(right),
      ),
    ).toBe(true);
    expect(rules.map(({ resourceNames = [] }) => resourceNames.length)).toEqual([17, 0, 0]);
    for (const namespace of ["search", "shop"])
      expect(rightsOf([...roleOf(namespace), ...roleOf("retriever-system"), ...clusterWide])).toEqual(
        [...needed, "create tokenreviews.authentication.k8s.io"].toSorted(),
      );
  });

  it("of hooks and tests are to look, under an account of their own", () => {
    for (const rendering of ["default", "everything"]) {
      const manifests = manifestsOf(rendering);
      const bound = manifests.filter(
        ({ kind, subjects = [] }) =>
          kind.endsWith("Binding") && subjects.some(({ name }) => name === "retriever-migration-operator-check"),
      );
      const roles = manifests.filter(
        ({ kind, metadata }) => kind.endsWith("Role") && bound.some(({ roleRef }) => roleRef?.name === metadata.name),
      );
      expect(rightsOf(roles)).toEqual([
        "get validatingadmissionpolicies.admissionregistration.k8s.io",
        "get validatingadmissionpolicybindings.admissionregistration.k8s.io",
        "list leases.coordination.k8s.io",
        "list retrievermigrationpolicies.retriever.dev",
        "list retrievermigrations.retriever.dev",
      ]);
      const text = readFileSync(join(root, `charts/retriever-migration-operator/renderings/${rendering}.yaml`), "utf8");
      const hooks = text.split("---\n").filter((document) => document.includes("helm.sh/hook:"));
      expect(hooks).toHaveLength(2);
      for (const hook of hooks) expect(hook).toContain("serviceAccountName: retriever-migration-operator-check\n");
    }
  });

  it("name no Secret, no wildcard, no exec and no way to more rights", () => {
    const roles = [...manifestsOf("default"), ...manifestsOf("everything")].filter(({ kind }) => kind.endsWith("Role"));
    const words = rightsOf(roles).join("\n");
    expect(words).not.toMatch(/secret|\*|exec|attach|proxy|token(?!reviews)|^(escalate|bind|impersonate) /m);
  });
});

describe("docs/security/rights.md", () => {
  const page = readFileSync(join(root, "docs/security/rights.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map((match) =>
    match.slice(1),
  );

  it("has every rule of every role, and none that isn't there", () => {
    const optional = manifestsOf("everything").filter(({ metadata }) => metadata.name.endsWith("-tokens"));
    const manifests = [...manifestsOf("default"), ...optional, ...manifestsOf("example", "retriever-sidecar")];
    const roles = manifests.filter(({ kind }) => kind.endsWith("Role"));
    const expected = roles.flatMap(({ metadata, rules = [] }) => rules.flatMap((rule) => rowsOf(metadata.name, rule)));
    expect(expected.length).toBeGreaterThan(30);
    expect(rows.map(([role, verbs, on]) => `${role}: ${verbs} ${on}`).toSorted()).toEqual(expected.toSorted());
  });

  it("gives each its reason", () => {
    expect(rows.filter(([, , , why = ""]) => why.length < 15)).toEqual([]);
  });
});

/** A rule as rows of the page say it. */
function rowsOf(role: string, { apiGroups, resources, resourceNames = [], verbs }: Rule): string[] {
  const short = role.replace(/^(retriever-system-)?retriever-migration-operator/, "…");
  const names = resourceNames.length === 0 ? "" : resourceNames.length === 1 ? " of one name" : " of its names";
  return apiGroups.flatMap((group) =>
    resources.map((resource) => {
      const suffix = group === "" || group === "retriever.dev" ? "" : `.${group}`;
      return `${short}: ${verbs.join(", ")} ${resource}${suffix}${names}`;
    }),
  );
}
