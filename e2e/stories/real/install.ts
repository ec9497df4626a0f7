// What an administrator installs before the first migration: the definitions, and the operator's account and rights.
// Installing twice is installing once.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { operatorAccount } from "#clusters/real/layout.ts";
import { eventually } from "#support/eventually.ts";
import { type KubeClient, KubeError } from "#support/kube/client.ts";

const manifests = join(import.meta.dirname, "../../../crds/manifests");
const crdFiles = ["retriever.dev_retrievermigrations.yaml", "retriever.dev_migrationacts.yaml"];
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

type Manifest = { readonly metadata: { readonly name: string } };

/** Creates an object; one that is there already stays as it is. */
export async function ensure(client: KubeClient, collection: string, object: object): Promise<void> {
  try {
    await client.create(collection, object);
  } catch (fault) {
    if (!(fault instanceof KubeError && fault.status === 409)) throw fault;
  }
}

const servedSchema = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
});

/** The definitions of this tree, served when it resolves. */
export async function installDefinitions(client: KubeClient): Promise<void> {
  for (const file of crdFiles) {
    const definition = parse(await readFile(join(manifests, file), "utf8")) as Manifest;
    await ensure(client, definitions, definition);
    await eventually(`${definition.metadata.name} is established`, async () => {
      const { status } = servedSchema.parse(await client.get(`${definitions}/${definition.metadata.name}`));
      return status.conditions.some(({ type, status: is }) => type === "Established" && is === "True");
    });
  }
}

const rbac = "/apis/rbac.authorization.k8s.io/v1";

/** What the README says that the operator needs, and nothing else. */
const rights = [
  ["retriever.dev", "retrievermigrations", "get list watch patch"],
  ["retriever.dev", "retrievermigrations/status", "update"],
  ["retriever.dev", "migrationacts", "list watch"],
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
