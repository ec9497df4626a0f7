// What each account may do beside the policies' own subjects, on a real API server: the operator by its ClusterRole, its
// checks, people with `edit`, a release that isn't listed. Registered by policies.test.ts.
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import type { KubeCall, User } from "#support/kube/client.ts";
import { ensure } from "#support/kube/definitions.ts";
import { alice, allowed, carol, operator, patch, post, root, rule, scene } from "./policy-scene.ts";

const { admin, namespace, core, crs, apps, batch, grant } = scene;
const accounts = "system:serviceaccount:retriever-system";
const checks: User = { name: `${accounts}:retriever-migration-operator-check`, groups: ["system:serviceaccounts"] };
const dora: User = { name: "dora", groups: [] };
/** The operator of another release, with every right there is. */
const unlisted: User = {
  name: "system:serviceaccount:elsewhere:retriever-migration-operator",
  groups: ["system:masters"],
};

/** Every right, and break-glass. */
const glass: User = { name: "root", groups: ["system:masters", "retriever:break-glass"] };

const noRight = "cannot";
const overlayLabels = { "retriever.dev/overlay": "true" };
const migration = { apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration", metadata: { name: "of-dora" } };
const get = (as: User, path: string): KubeCall => ({ as, method: "GET", path });
const remove = (as: User, path: string): KubeCall => ({ as, method: "DELETE", path });

function actBy(as: User, act: string, more: object = {}): KubeCall {
  const body = {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "MigrationAct",
    metadata: { generateName: "act-", labels: { "retriever.dev/migration-uid": "u" } },
    spec: {
      migration: { name: "unborn", uid: "u" },
      act,
      actor: as.name,
      reason: "because",
      planHash: "0123456789abcdef",
      ...more,
    },
  };
  return post(as, `${crs}/migrationacts`, body);
}

/** Every act but the two that `edit` brings. */
const others: readonly (readonly [string, object?])[] = [
  ...["Pause", "Resume", "Retry", "Promote", "CompleteGuard", "WritersMoved"].map((act) => [act] as const),
  ["Postmortem", { text: "what happened" }],
  ["Waive", { check: "alerts" }],
  ["RepairDrift", { digest: "d".repeat(64) }],
  ["Approve", { role: "sre-on-call" }],
  ["Deny", { role: "sre-on-call" }],
];

const beyond: readonly (readonly [string, KubeCall])[] = [
  ["the operator reads Secrets", get(operator, `${core}/secrets`)],
  ["the operator enters a pod", post(operator, `${core}/pods/p/exec?command=sh`, {})],
  ["the operator reads a pod's log", get(operator, `${core}/pods/p/log`)],
  ["the operator changes a Deployment", patch(operator, `${apps}/search-api`, { spec: { replicas: 0 } })],
  ["the operator makes a CronJob", post(operator, `${batch}/cronjobs`, { metadata: { name: "c" } })],
  ["the operator makes an act", actBy(operator, "Rollback")],
  ["the operator writes what administrators ask", patch(operator, policies("any"), { spec: {} })],
  ["the operator changes an admission policy", remove(operator, admissionPolicy("retriever-act-identity"))],
  ["the checks write a ConfigMap", post(checks, `${core}/configmaps`, { metadata: { name: "c" } })],
  ["the checks make a migration", post(checks, `${crs}/retrievermigrations`, migration)],
  ["the checks make an act", actBy(checks, "Rollback")],
  ["the checks read ConfigMaps", get(checks, `${core}/configmaps`)],
  ["who has edit makes a migration", post(dora, `${crs}/retrievermigrations`, migration)],
  ["who has edit changes a migration", patch(dora, `${crs}/retrievermigrations/docs`, { spec: {} })],
  ["who has edit deletes a migration", remove(dora, `${crs}/retrievermigrations/docs`)],
  ["who has edit writes a status", patch(dora, `${crs}/retrievermigrations/docs/status`, { status: {} })],
  ["who has edit changes acts", patch(dora, `${crs}/migrationacts/any`, { metadata: { labels: { a: "b" } } })],
  ["who has edit deletes acts", remove(dora, `${crs}/migrationacts/any`)],
  ["who has edit reads what administrators ask", get(dora, policies("any"))],
];

function policies(name: string): string {
  return `/apis/retriever.dev/v1alpha1/retrievermigrationpolicies/${name}`;
}

function admissionPolicy(name: string): string {
  return `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${name}`;
}

/** Tests of a scene whose policies are in force. */
export function describeAccounts(): void {
  describeRights();
  describeUnlisted();
  describeJobOwners();
  describeRollbackPath();
  describeRest();
}

function describeRights(): void {
  describe("rights, by the roles that the chart brings", () => {
    beforeAll(async () => {
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" };
      const subjects = [{ kind: "User", name: dora.name, apiGroup: roleRef.apiGroup }];
      const bindings = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`;
      await ensure(admin, bindings, { metadata: { name: "dora-edits" }, roleRef, subjects });
      await eventually(
        "the chart's part of edit is there",
        async () => (await admin.ask(actBy(dora, "Abort"))) === allowed,
      );
    });

    it("let who has edit abort and roll back, and do nothing else to a migration", async () => {
      expect(await admin.ask(actBy(dora, "Rollback"))).toBe(allowed);
      for (const [act, more] of others)
        expect(await admin.ask(actBy(dora, act, more))).toContain("dora may not create retrievermigrations/");
    });

    it.each(beyond)("are none by which %s", async (_, call) => {
      expect(await admin.ask(call)).toContain(noRight);
    });
  });
}

function describeUnlisted(): void {
  describe("an operator that no release lists", () => {
    it("writes no overlay, evidence or freeze, whatever rights it has", async () => {
      const maps = `${core}/configmaps`;
      const labelled = (name: string, labels: object) => post(unlisted, maps, { metadata: { name, labels } });
      const only = "only the operator and break-glass";
      expect(await admin.ask(labelled("unlisted-retriever-migration", overlayLabels))).toContain(only);
      expect(await admin.ask(labelled("unlisted-evidence-001", { "retriever.dev/evidence": "u" }))).toContain(only);
      expect(await admin.ask(labelled("unlisted", { "retriever.dev/frozen": "true" }))).toContain(only);
    });
  });
}

function describeJobOwners(): void {
  describe("whose a Job is", () => {
    const label = "retriever.dev/migration-uid";
    const jobs = `${batch}/jobs`;
    const pods = {
      spec: { restartPolicy: "Never", schedulerName: "nobody", containers: [{ name: "c", image: "c:1" }] },
    };
    const job = (name: string, labels: object = {}) => ({ metadata: { name, labels }, spec: { template: pods } });
    const cronJobs: User = { name: "system:serviceaccount:kube-system:cronjob-controller", groups: ["system:masters"] };
    const words = "only the operator and break-glass put the label";
    const relabel = (as: User, value: string | null) =>
      patch(as, `${jobs}/labelled`, { metadata: { labels: { [label]: value } } });

    it("is said by operators and break-glass alone, whatever a CronJob's template or a tenant says", async () => {
      for (const as of [root, cronJobs, unlisted])
        expect(await admin.ask(post(as, jobs, job("taken", { [label]: "u" })))).toContain(words);
      expect(await admin.ask(post(glass, jobs, job("labelled", { [label]: "u" })))).toBe(allowed);
      expect(await admin.ask(relabel(root, "other"))).toContain(words);
      expect(await admin.ask(relabel(root, null))).toContain(words);
      expect(await admin.ask(post(root, jobs, job("plain")))).toBe(allowed);
      const plain = patch(root, `${jobs}/plain`, { metadata: { labels: { [label]: "u" } } });
      expect(await admin.ask(plain)).toContain(words);
      expect(await admin.ask(patch(root, `${jobs}/labelled`, { metadata: { labels: { a: "b" } } }))).toBe(allowed);
      const template = { metadata: { annotations: { "retriever.dev/job-template": "other" } } };
      expect(await admin.ask(patch(root, `${jobs}/labelled`, template))).toContain(words);
    });
  });
}

function describeRollbackPath(): void {
  it("nobody lets a migration go before its pods are safe, and who may end a guard may have it kept there", async () => {
    const path = `${crs}/retrievermigrations/under-way`;
    const destination = { kind: "qdrant", url: "https://q:6333", collection: "c" };
    const spec = { target: { name: "under-way" }, destination };
    const metadata = { name: "under-way", finalizers: ["retriever.dev/settle"] };
    await ensure(admin, `${crs}/retrievermigrations`, { ...migration, metadata, spec });
    const free = (as: User) => patch(as, path, { metadata: { finalizers: null } });
    const weaker = [{ deletionPolicy: "Keep" }, { rollback: { automatic: false } }];
    const refused = "expected the right to promote";
    const edits = (dryRun = "") => weaker.map((edit) => patch(alice, `${path}${dryRun}`, { spec: edit }));
    for (const call of edits("?dryRun=All")) expect(await admin.ask(call)).toBe(allowed);
    await admin.mergePatch(`${path}/status`, { status: { phase: "Preflight" } });
    for (const as of [alice, root, unlisted])
      expect(await admin.ask(free(as))).toContain("take retriever.dev/settle off, once the pods are safe");
    for (const call of edits()) expect(await admin.ask(call)).toContain(refused);
    const right = rule(["retriever.dev"], ["retrievermigrations/promote"], ["create"], ["under-way"]);
    await grant("ends-guards", [right], [{ kind: "User", name: alice.name, apiGroup: "rbac.authorization.k8s.io" }]);
    for (const call of edits()) await eventually("the right is seen", async () => (await admin.ask(call)) === allowed);
    expect(await admin.ask(remove(alice, path))).toBe(allowed);
    expect(await admin.ask(free(alice))).toContain("only the operator and break-glass");
    expect(await admin.ask(free(carol))).toBe(allowed);
  });
}

function describeRest(): void {
  it("the operator makes no pod, and has nothing to do with what is below one", async () => {
    const pod = { metadata: { name: "made" }, spec: { containers: [{ name: "c", image: "c:1" }] } };
    expect(await admin.ask(post(operator, `${core}/pods`, pod))).toContain("not create or delete");
    expect(await admin.ask({ as: operator, method: "DELETE", path: `${core}/pods` })).toContain("not create or delete");
  });

  it("the cluster's own authorities are never frozen, whatever an overlay names as its base", async () => {
    const name = "authorities-retriever-migration";
    const labels = { ...overlayLabels, "retriever.dev/frozen": "true" };
    const annotations = { "retriever.dev/frozen-base": "kube-root-ca.crt" };
    await ensure(admin, `${core}/configmaps`, { metadata: { name: "kube-root-ca.crt" }, data: { a: "b" } });
    await ensure(admin, `${core}/configmaps`, { metadata: { name: "frozen-too" }, data: { a: "b" } });
    const overlay = (base: string) =>
      patch(carol, `${core}/configmaps/${name}`, { metadata: { annotations: { "retriever.dev/frozen-base": base } } });
    const write = (base: string) => patch(alice, `${core}/configmaps/${base}?dryRun=All`, { data: { a: "c" } });
    expect(await admin.ask(post(carol, `${core}/configmaps`, { metadata: { name, labels, annotations } }))).toBe(
      allowed,
    );
    // Another base first: then this freeze is known, and what passes doesn't pass for want of it.
    expect(await admin.ask(overlay("frozen-too"))).toBe(allowed);
    await eventually("the freeze is seen", async () =>
      (await admin.ask(write("frozen-too"))).includes("frozen-too is frozen"),
    );
    expect(await admin.ask(overlay("kube-root-ca.crt"))).toBe(allowed);
    await eventually("the other base is free", async () => (await admin.ask(write("frozen-too"))) === allowed);
    expect(await admin.ask(write("kube-root-ca.crt"))).toBe(allowed);
    expect(await admin.ask(remove(carol, `${core}/configmaps/${name}`))).toBe(allowed);
  });
}
