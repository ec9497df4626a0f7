// The embedded API as the rows need it: installed, with users of its own, its accepted writes told, and no pods run.
// Knows objects by their paths; what a row makes of them is the row's affair.
import { mkdir } from "node:fs/promises";
import { type DirectCall, type EmbeddedApi, startApi } from "#clusters/embedded/api/start-api.ts";
import type { AdmissionRequest } from "#clusters/embedded/api/verbs/call.ts";
import { readDefinitions } from "#support/kube/definitions.ts";

/** Of every operator here: what an act says of its actor is believed, and no decision is logged. */
export const operatorSettings = { RETRIEVER_EVIDENCE_LOG: "false", RETRIEVER_ACT_IDENTITY: "trusted" } as const;

export const kinds = {
  namespaces: { group: "", version: "v1", plural: "namespaces" },
  configMaps: { group: "", version: "v1", plural: "configmaps" },
  pods: { group: "", version: "v1", plural: "pods" },
  deployments: { group: "apps", version: "v1", plural: "deployments" },
  migrations: { group: "retriever.dev", version: "v1alpha1", plural: "retrievermigrations" },
  acts: { group: "retriever.dev", version: "v1alpha1", plural: "migrationacts" },
} as const satisfies Record<string, Pick<DirectCall, "group" | "version" | "plural">>;

/** Starts the API for users of these names, each with the rights of all, and installs the resource definitions. */
export async function startBenchApi(directory: string, users: readonly string[]): Promise<EmbeddedApi> {
  await mkdir(directory, { recursive: true });
  const api = await startApi({
    directory,
    users: Object.fromEntries(users.map((name) => [name, { username: name, groups: ["system:authenticated"] }])),
  });
  await installDefinitions(api);
  return api;
}

/** As `kubectl apply` would, on the project's own manifests. */
export async function installDefinitions(api: EmbeddedApi): Promise<void> {
  const definitions = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" } as const;
  for (const body of await readDefinitions()) api.direct({ verb: "create", ...definitions, body });
}

export function createNamespace(api: EmbeddedApi, name: string): void {
  api.direct({ verb: "create", ...kinds.namespaces, body: { metadata: { name } } });
}

/** `resource namespace/name` of a write. */
export function objectOf({ resource, namespace, name }: AdmissionRequest): string {
  return `${resource} ${namespace ?? ""}/${name}`;
}
