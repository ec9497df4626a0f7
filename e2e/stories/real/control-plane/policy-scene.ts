// The chart's admission policies on a real API server, installed for the tests of one file, and the people who ask.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
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
export const alice: User = { name: "alice", groups: people };
export const bob: User = { name: "bob", groups: people };
/** The one who may break the glass. */
export const carol: User = { name: "carol", groups: [...people, "retriever:break-glass"] };
export const operator: User = {
  name: "system:serviceaccount:retriever-system:retriever-migration-operator",
  groups: ["system:serviceaccounts", "system:serviceaccounts:retriever-system"],
};
/** Has every right there is, and is no operator. */
export const root: User = { name: "root", groups: ["system:masters"] };

export const allowed = "allowed";
export const applyType = "application/apply-patch+yaml";
export const post = (as: User, path: string, body: object): KubeCall => ({ as, method: "POST", path, body });
export const patch = (as: User, path: string, body: object): KubeCall => ({ as, method: "PATCH", path, body });

const peopleGroup = { kind: "Group", name: "people", apiGroup: "rbac.authorization.k8s.io" };
export const operatorSubject = {
  kind: "ServiceAccount",
  name: "retriever-migration-operator",
  namespace: "retriever-system",
};

export function rule(
  apiGroups: readonly string[],
  resources: readonly string[],
  verbs = ["*"],
  resourceNames?: readonly string[],
) {
  return { apiGroups, resources, verbs, ...(resourceNames === undefined ? {} : { resourceNames }) };
}

/** The cluster-wide part of the rendering. */
const installed = parseAllDocuments(readFileSync(rendering, "utf8")).flatMap((parsed) => {
  const document = parsed.toJS() as { readonly kind: string; readonly metadata: { readonly name: string } };
  const collection = collections[document.kind];
  return collection === undefined ? [] : [{ collection, document }];
});

/**
 * A namespace in which everybody may do more than the chart gives: what the policies hold, they hold alone. Once
 * for a cluster: an API server whose policies were removed and come back follows their built-in parameters no more.
 */
function openPolicyScene() {
  const { adminKubeconfig } = givenCluster();
  const namespace = `policies-${randomBytes(4).toString("hex")}`;
  const core = `/api/v1/namespaces/${namespace}`;
  const crs = `/apis/retriever.dev/v1alpha1/namespaces/${namespace}`;
  const local = `${rbac}/namespaces/${namespace}`;
  const admin = makeKubeClient(adminKubeconfig);

  /** Policies are in force, and out of it, a moment after they are written. */
  const ofPolicy = "the operator writes ConfigMaps";
  const probe = () => admin.ask(post(operator, `${core}/configmaps?dryRun=All`, { metadata: { name: "probe" } }));

  const destination = { kind: "qdrant", url: "https://q:6333", collection: "c" };
  const aMigration = post(alice, `${crs}/retrievermigrations?dryRun=All`, {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "RetrieverMigration",
    metadata: { name: "probe" },
    spec: { target: { name: "probe" }, destination },
  });

  const grant = async (name: string, rules: readonly object[], subjects: readonly object[]): Promise<void> => {
    await ensure(admin, `${local}/roles`, { metadata: { name }, rules });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
    await ensure(admin, `${local}/rolebindings`, { metadata: { name }, roleRef, subjects });
  };

  beforeAll(async () => {
    await installDefinitions(admin);
    await ensure(admin, "/api/v1/namespaces", { metadata: { name: namespace, labels: { tier: "bank" } } });
    await ensure(admin, `${core}/serviceaccounts`, { metadata: { name: "default" } });
    for (const { collection, document } of installed) await ensure(admin, collection, document);
    const objects = ["configmaps", "pods", "deployments", "retrievermigrations", "migrationacts"];
    const acts = ["pause", "abort", "rollback"].map((act) => `retrievermigrations/${act}`);
    await grant("people", [rule(["", "apps", "retriever.dev"], objects), rule(["retriever.dev"], acts)], [peopleGroup]);
    const own = rule(["", "batch"], ["pods", "configmaps", "events", "jobs"]);
    await grant("operator", [own, rule(["retriever.dev"], ["retrievermigrations"])], [operatorSubject]);
    await eventually("the policies are in force", async () => (await probe()).includes(ofPolicy));
    // Those with parameters refuse everybody until the API server has read them.
    await eventually("a migration may be made", async () => (await admin.ask(aMigration)) === allowed);
  });

  afterAll(async () => {
    // Whoever uses this cluster next acts under other names.
    for (const { collection, document } of installed.toReversed())
      await admin.remove(`${collection}/${document.metadata.name}`);
    await eventually("the policies are gone", async () => !(await probe()).includes(ofPolicy));
    await admin.remove(`/api/v1/namespaces/${namespace}`);
    await admin.close();
  });

  const apps = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  return { admin, namespace, core, crs, apps, batch: `/apis/batch/v1/namespaces/${namespace}`, grant };
}

export const scene = openPolicyScene();

/** The overlay's text as the operator prints it. */
export function printOverlay(epoch: number, more: object = {}): string {
  const revision = { epoch, migrationUid: "u", plan: "0123456789abcdef" };
  return `${JSON.stringify({ schema: 1, revision, note: '"epoch": 99', ...more }, null, 2)}\n`;
}
