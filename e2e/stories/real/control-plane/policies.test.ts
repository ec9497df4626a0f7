// The chart's admission policies on a real API server: what they refuse, with which words, and what they let pass.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { eventually } from "#support/eventually.ts";
import { type KubeCall, makeKubeClient, type User } from "#support/kube/client.ts";
import { ensure, installDefinitions } from "#support/kube/definitions.ts";
import { givenCluster } from "../given-cluster.ts";

const rendering = join(import.meta.dirname, "../../../../charts/retriever-migration-operator/renderings/default.yaml");
const admission = "/apis/admissionregistration.k8s.io/v1";
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const collections: Readonly<Record<string, string>> = {
  ValidatingAdmissionPolicy: `${admission}/validatingadmissionpolicies`,
  ValidatingAdmissionPolicyBinding: `${admission}/validatingadmissionpolicybindings`,
  ClusterRole: `${rbac}/clusterroles`,
  ClusterRoleBinding: `${rbac}/clusterrolebindings`,
};

const people = ["people"];
const alice: User = { name: "alice", groups: people };
const bob: User = { name: "bob", groups: people };
const carol: User = { name: "carol", groups: [...people, "retriever:break-glass"] };
const operator: User = {
  name: "system:serviceaccount:retriever-system:retriever-migration-operator",
  groups: ["system:serviceaccounts", "system:serviceaccounts:retriever-system"],
};

const { adminKubeconfig } = givenCluster();
const namespace = `policies-${randomBytes(4).toString("hex")}`;
const core = `/api/v1/namespaces/${namespace}`;
const crs = `/apis/retriever.dev/v1alpha1/namespaces/${namespace}`;
const apps = `/apis/apps/v1/namespaces/${namespace}/deployments`;
const batch = `/apis/batch/v1/namespaces/${namespace}`;
const local = `${rbac}/namespaces/${namespace}`;
const admin = makeKubeClient(adminKubeconfig);

/** The cluster-wide part of the rendering. */
const installed = parseAllDocuments(readFileSync(rendering, "utf8")).flatMap((parsed) => {
  const document = parsed.toJS() as { readonly kind: string; readonly metadata: { readonly name: string } };
  const collection = collections[document.kind];
  return collection === undefined ? [] : [{ collection, document }];
});

const post = (as: User, path: string, body: object): KubeCall => ({ as, method: "POST", path, body });
const patch = (as: User, path: string, body: object): KubeCall => ({ as, method: "PATCH", path, body });
const allowed = "allowed";
const applyType = "application/apply-patch+yaml";

/** Policies are in force, and out of it, a moment after they are written. */
const ofPolicy = "the operator writes ConfigMaps";
const probe = () => admin.ask(post(operator, `${core}/configmaps?dryRun=All`, { metadata: { name: "probe" } }));

async function grant(name: string, rules: readonly object[], subjects: readonly object[]): Promise<void> {
  await ensure(admin, `${local}/roles`, { metadata: { name }, rules });
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
  await ensure(admin, `${local}/rolebindings`, { metadata: { name }, roleRef, subjects });
}

function rule(
  apiGroups: readonly string[],
  resources: readonly string[],
  verbs = ["*"],
  resourceNames?: readonly string[],
) {
  return { apiGroups, resources, verbs, ...(resourceNames === undefined ? {} : { resourceNames }) };
}

const group = { kind: "Group", name: "people", apiGroup: "rbac.authorization.k8s.io" };
const account = { kind: "ServiceAccount", name: "retriever-migration-operator", namespace: "retriever-system" };

beforeAll(async () => {
  await installDefinitions(admin);
  await ensure(admin, "/api/v1/namespaces", { metadata: { name: namespace } });
  await ensure(admin, `${core}/serviceaccounts`, { metadata: { name: "default" } });
  for (const { collection, document } of installed) await ensure(admin, collection, document);
  const all = [
    rule(["", "apps", "retriever.dev"], ["configmaps", "pods", "deployments", "retrievermigrations", "migrationacts"]),
    rule(
      ["retriever.dev"],
      ["pause", "abort", "rollback"].map((act) => `retrievermigrations/${act}`),
    ),
  ];
  await grant("people", all, [group]);
  const approve = [rule(["retriever.dev"], ["retrievermigrations/approve-sre-on-call"], ["create"])];
  await grant("alice", approve, [{ kind: "User", name: "alice", apiGroup: "rbac.authorization.k8s.io" }]);
  // More than the chart gives: what the policies hold, they hold alone.
  await grant("operator", [rule([""], ["pods", "configmaps"])], [account]);
  await eventually("the policies are in force", async () => (await probe()).includes(ofPolicy));
});

afterAll(async () => {
  // Whoever uses this cluster next acts under other names.
  for (const { collection, document } of installed.toReversed())
    await admin.remove(`${collection}/${document.metadata.name}`);
  await eventually("the policies are gone", async () => !(await probe()).includes(ofPolicy));
  await admin.remove(`/api/v1/namespaces/${namespace}`);
  await admin.close();
});

function migration(requestedBy: string): object {
  return {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "RetrieverMigration",
    metadata: { name: "docs" },
    spec: {
      target: { name: "search-api" },
      requestedBy,
      checklist: { approvals: { fourEyes: true, roles: [{ name: "sre-on-call" }] } },
      destination: { kind: "qdrant", url: "https://q:6333", collection: "c", apiKey: { fromEnv: "RETRIEVER_CRED_Q" } },
    },
  };
}

const uidLabel = "retriever.dev/migration-uid";

function act(as: User, spec: object, metadata: object = { labels: { [uidLabel]: "u" } }): KubeCall {
  const body = {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "MigrationAct",
    metadata: { generateName: "act-", ...metadata },
    spec: { migration: { name: "docs", uid: "u" }, planHash: "p", ...spec },
  };
  return post(as, `${crs}/migrationacts`, body);
}

describe("who acts", () => {
  it("a migration with four eyes is requested by its creator, and stays so", async () => {
    const path = `${crs}/retrievermigrations`;
    expect(await admin.ask(post(alice, path, migration("bob")))).toContain("expected the requesting user alice");
    expect(await admin.ask(post(bob, path, migration("bob")))).toBe(allowed);
    const other = { spec: { requestedBy: "carol" } };
    expect(await admin.ask(patch(alice, `${path}/docs`, other))).toContain("got carol");
    expect(await admin.ask(patch(operator, `${path}/docs`, { metadata: { labels: { a: "b" } } }))).toBe(allowed);
  });

  it("an act is its actor's own", async () => {
    const spec = { act: "Approve", role: "sre-on-call" };
    expect(await admin.ask(act(alice, { ...spec, actor: "bob" }))).toContain(
      "spec.actor: expected the requesting user alice",
    );
    expect(await admin.ask(act(alice, { ...spec, actor: "alice" }))).toBe(allowed);
  });

  it("an act is labelled with the UID it names, and owned by no other migration; an Abort or Rollback needs no label", async () => {
    const pause = { act: "Pause", actor: "alice" };
    const owner = { apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration", name: "docs", uid: "u" };
    const labels = { [uidLabel]: "u" };
    const refusals = [
      act(alice, pause, {}),
      act(alice, pause, { labels: { [uidLabel]: "another" } }),
      act(alice, { act: "Rollback", actor: "alice" }, { labels: { [uidLabel]: "another" } }),
    ];
    for (const call of refusals) expect(await admin.ask(call)).toContain("metadata.labels: expected");
    const foreign = [
      { ...owner, name: "other" },
      { ...owner, uid: "other" },
    ];
    for (const one of foreign)
      expect(await admin.ask(act(alice, pause, { labels, ownerReferences: [one] }))).toContain(
        "metadata.ownerReferences: expected",
      );
    expect(await admin.ask(act(alice, pause, { name: "labelled", labels, ownerReferences: [owner] }))).toBe(allowed);
    expect(await admin.ask(act(alice, { act: "Rollback", actor: "alice" }, {}))).toBe(allowed);
    const byName = { act: "Abort", actor: "alice", migration: { name: "docs" } };
    expect(await admin.ask(act(alice, byName, {}))).toBe(allowed);
    expect(await admin.ask(act(alice, { ...pause, migration: { name: "docs" } }))).toContain("migration.uid");
    const relabel = (label: string | null) =>
      patch(alice, `${crs}/migrationacts/labelled`, { metadata: { labels: { [uidLabel]: label } } });
    for (const label of ["another", null])
      expect(await admin.ask(relabel(label))).toContain("metadata.labels: expected");
  });

  it.each([
    [
      "another role",
      alice,
      { act: "Approve", role: "product-owner", actor: "alice" },
      "retrievermigrations/approve-product-owner",
    ],
    [
      "nobody's role",
      bob,
      { act: "Approve", role: "sre-on-call", actor: "bob" },
      "retrievermigrations/approve-sre-on-call",
    ],
    ["a Promote", alice, { act: "Promote", actor: "alice" }, "retrievermigrations/promote"],
    ["a Retry", alice, { act: "Retry", actor: "alice" }, "retrievermigrations/promote"],
    ["a CompleteGuard", alice, { act: "CompleteGuard", reason: "thin", actor: "alice" }, "retrievermigrations/promote"],
  ])("%s needs a right of its own", async (_, user, spec, right) => {
    expect(await admin.ask(act(user, spec))).toContain(`${user.name} may not create ${right}`);
  });
});

describe("the operator's account on pods", () => {
  const pod = `${core}/pods/p`;
  const annotate = (annotations: object) => patch(operator, pod, { metadata: { annotations } });

  beforeAll(async () => {
    const spec = { automountServiceAccountToken: false, containers: [{ name: "c", image: "c:1" }] };
    await ensure(admin, `${core}/pods`, { metadata: { name: "p", annotations: { x: "1" }, labels: { a: "b" } }, spec });
  });

  it("may set and take one annotation", async () => {
    for (const epoch of ["3", "4", null, null])
      expect(await admin.ask(annotate({ "retriever.dev/config-epoch": epoch }))).toBe(allowed);
  });

  it.each([
    ["another annotation", { metadata: { annotations: { x: "2" } } }],
    ["less annotations", { metadata: { annotations: { x: null } } }],
    ["labels", { metadata: { labels: { c: "d" } } }],
    ["finalizers", { metadata: { finalizers: ["a.b/c"] } }],
    ["owners", { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }] } }],
    ["the image", { spec: { containers: [{ name: "c", image: "c:2" }] } }],
  ])("may not change %s", async (_, body) => {
    expect(await admin.ask(patch(operator, pod, body))).toMatch(/the operator may change/);
  });

  it("may neither create nor delete one", async () => {
    expect(await admin.ask({ as: operator, method: "DELETE", path: pod })).toContain("not create or delete");
  });
});

const overlayPath = `${core}/configmaps/search-api-retriever-migration`;

/** The overlay as the operator applies it. */
function overlay(as: User, epoch: number, frozen = false, more: object = {}): KubeCall {
  const text = JSON.stringify({ schema: 1, revision: { epoch }, note: '"epoch": 99', ...more }, null, 2);
  const metadata = {
    name: "search-api-retriever-migration",
    labels: { "retriever.dev/overlay": "true", ...(frozen ? { "retriever.dev/frozen": "true" } : {}) },
    annotations: frozen ? { "retriever.dev/frozen-base": "base" } : {},
  };
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "migration.json": text } };
  const path = `${overlayPath}?fieldManager=retriever-operator&force=true`;
  return { as, method: "PATCH", path, body, contentType: applyType };
}

describe("an overlay", () => {
  it("never falls behind its epoch, but for break-glass", async () => {
    for (const epoch of [5, 6, 6]) expect(await admin.ask(overlay(operator, epoch))).toBe(allowed);
    expect(await admin.ask(overlay(operator, 4))).toContain("the epoch never falls: expected at least 6, got 4");
    expect(await admin.ask(overlay(alice, 4))).toContain("the epoch never falls");
    expect(await admin.ask(patch(alice, overlayPath, { data: null }))).toContain("got none");
    expect(await admin.ask(overlay(carol, 4))).toBe(allowed);
  });

  it("comes with a lower one where the operator takes the migration back, and with none that is made up", async () => {
    expect(await admin.ask(overlay(alice, 2_000_000_001))).toContain("the epoch is at most 2000000000");
    expect(await admin.ask(overlay(alice, 2_000_000_000))).toBe(allowed);
    expect(await admin.ask(overlay(alice, 5, false, { rollback: true }))).toContain("the epoch never falls");
    expect(await admin.ask(overlay(operator, 5, false, { note: '\n  "rollback": true' }))).toContain("never falls");
    expect(await admin.ask(overlay(operator, 5, false, { rollback: true }))).toBe(allowed);
  });

  it("and evidence are all the operator writes", async () => {
    const named = (name: string) => post(operator, `${core}/configmaps`, { metadata: { name } });
    expect(await admin.ask(named("docs-evidence-001"))).toBe(allowed);
    expect(await admin.ask(named("docs-drift"))).toBe(allowed);
    expect(await admin.ask(named("settings"))).toContain("the operator writes ConfigMaps");
  });
});

// The API server reads policies and their parameters by watches of its own; on a busy machine they may lag.
describe("the deploy freeze", { timeout: 150_000 }, () => {
  const image = (as: User, name: string, tag: string): KubeCall => ({
    ...patch(as, `${apps}/${name}`, {
      spec: { template: { spec: { containers: [{ name: "c", image: `c:${tag}` }] } } },
    }),
    contentType: "application/strategic-merge-patch+json",
  });

  beforeAll(async () => {
    for (const name of ["search-api", "other"]) {
      const template = { metadata: { labels: { a: name } }, spec: { containers: [{ name: "c", image: "c:1" }] } };
      const spec = { replicas: 0, selector: { matchLabels: { a: name } }, template };
      await ensure(admin, apps, { metadata: { name }, spec });
    }
    await ensure(admin, `${core}/configmaps`, { metadata: { name: "base" }, data: { a: "b" } });
  });

  it("binds the target's pods and its base while it lasts, and nothing else", async () => {
    expect(await admin.ask(image(alice, "search-api", "2"))).toBe(allowed);
    expect(await admin.ask(overlay(operator, 10, true))).toBe(allowed);
    let answer = "";
    let tries = 0;
    await eventually(
      "the freeze is seen",
      async () => {
        // One that was let in a moment too early changes nothing when it is asked again, and is never refused.
        tries += 1;
        answer = await admin.ask(image(alice, "search-api", `3.${tries}`));
        return answer.includes("deploys of search-api are frozen");
      },
      { describe: async () => answer },
    );
    const base = `${core}/configmaps/base`;
    expect(await admin.ask(patch(alice, base, { data: { a: "c" } }))).toContain("base is frozen");
    expect(await admin.ask({ as: alice, method: "DELETE", path: base })).toContain("base is frozen");
    expect(await admin.ask(patch(alice, base, { metadata: { labels: { q: "r" } } }))).toBe(allowed);
    expect(await admin.ask(patch(alice, `${apps}/search-api`, { spec: { replicas: 1 } }))).toBe(allowed);
    expect(await admin.ask(image(alice, "other", "3"))).toBe(allowed);
    expect(await admin.ask(image(carol, "search-api", "4"))).toBe(allowed);
    expect(await admin.ask(overlay(operator, 11))).toBe(allowed);
    await eventually("the thaw is seen", async () => (await admin.ask(image(alice, "search-api", "5"))) === allowed);
    expect(await admin.ask(patch(alice, base, { data: { a: "c" } }))).toBe(allowed);
  });
});

describe("Jobs of the operator's account", () => {
  const name = "search-api-retriever-verify";
  const pods = {
    metadata: { labels: { app: "v" }, annotations: { a: "b" } },
    spec: { restartPolicy: "Never", containers: [{ name: "retriever-verify", image: "s:1" }] },
  };
  const jobTemplate = { spec: { backoffLimit: 0, template: pods } };
  const job = (spec: object, template: string | undefined = name, as = operator) => {
    const annotations = template === "" ? {} : { "retriever.dev/job-template": template };
    return admin.ask(post(as, `${batch}/jobs`, { metadata: { generateName: "v-", annotations }, spec }));
  };
  const since = { ...pods.metadata.annotations, "retriever.dev/verify-since": "2026-01-01T00:00:00Z" };
  const more = (metadata: object) => ({
    ...jobTemplate.spec,
    template: { ...pods, metadata: { ...pods.metadata, ...metadata } },
  });

  beforeAll(async () => {
    const cronJob = (name: string, suspend: boolean) =>
      ensure(admin, `${batch}/cronjobs`, { metadata: { name }, spec: { schedule: "0 0 1 1 *", suspend, jobTemplate } });
    await cronJob(name, true);
    await cronJob("running", false);
    await grant("verify", [rule(["batch"], ["cronjobs/instantiate"], ["create"], [name, "running"])], [account]);
    await eventually("the grant and the CronJob are seen", async () => (await job(jobTemplate.spec)) === allowed);
  });

  it("may equal their CronJob, with a time since when to compare", async () => {
    expect(await job(jobTemplate.spec)).toBe(allowed);
    expect(await job(more({ annotations: since }))).toBe(allowed);
  });

  it.each([
    [
      "another image",
      {
        ...jobTemplate.spec,
        template: { ...pods, spec: { ...pods.spec, containers: [{ name: "c", image: "evil" }] } },
      },
      "spec.template.spec: expected",
    ],
    [
      "the node's network",
      { ...jobTemplate.spec, template: { ...pods, spec: { ...pods.spec, hostNetwork: true } } },
      "spec.template.spec: expected",
    ],
    ["another label", more({ labels: { app: "v", b: "c" } }), "labels: expected"],
    ["another annotation", more({ annotations: { ...since, c: "d" } }), "annotations: expected"],
    ["more pods", { ...jobTemplate.spec, parallelism: 50, completions: 50 }, "spec: expected"],
    ["more tries", { ...jobTemplate.spec, backoffLimit: 5 }, "spec: expected"],
  ])("may not have %s", async (_, spec, words) => {
    expect(await job(spec)).toContain(words);
  });

  it("must name a CronJob that is suspended and granted", async () => {
    expect(await job(jobTemplate.spec, "")).toContain("name their CronJob");
    expect(await job(jobTemplate.spec, "made-up")).toContain("cronjobs/instantiate of made-up");
    expect(await job(jobTemplate.spec, "running")).toContain("isn't suspended");
  });

  it("are nobody else's concern", async () => {
    const admin: User = { name: "admin", groups: ["system:masters"] };
    expect(await job(jobTemplate.spec, "", admin)).toBe(allowed);
  });
});
