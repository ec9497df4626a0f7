// What an administrator installs for an operator outside the cluster: its account and its rights.
// Installing twice is installing once.
import { operatorAccount } from "#clusters/real/layout.ts";
import type { KubeClient } from "#support/kube/client.ts";
import { ensure } from "#support/kube/definitions.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";

/** What the README says that the operator needs, and nothing else. */
const rights = [
  ["retriever.dev", "retrievermigrations", "get list watch patch"],
  ["retriever.dev", "retrievermigrations/status", "update"],
  ["retriever.dev", "retrievermigrationpolicies", "list"],
  ["retriever.dev", "migrationacts", "list watch patch delete"],
  ["", "configmaps", "get list watch create patch delete"],
  ["", "pods", "get list patch"],
  ["", "events", "create patch"],
  ["", "namespaces", "get"],
  ["apps", "deployments", "get"],
  ["coordination.k8s.io", "leases", "get create update"],
  ["admissionregistration.k8s.io", "validatingadmissionpolicies", "get"],
  ["admissionregistration.k8s.io", "validatingadmissionpolicybindings", "get"],
] as const;

/** Account, role and binding of the operator. */
export async function installOperatorRights(client: KubeClient): Promise<void> {
  const { name, namespace } = operatorAccount;
  const metadata = { name };
  await ensure(client, "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await ensure(client, `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata });
  const rules = rights.map(([group, resource, verbs]) => ({
    apiGroups: [group],
    resources: [resource],
    verbs: verbs.split(" "),
  }));
  await ensure(client, `${rbac}/clusterroles`, { metadata, rules });
  await ensure(client, `${rbac}/clusterrolebindings`, {
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  });
}
