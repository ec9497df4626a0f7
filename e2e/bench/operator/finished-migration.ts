// A finished migration as the operator itself leaves it: one is run to its end, its spec and status are the pattern of all.

import type { EmbeddedApi } from "#clusters/embedded/api/start-api.ts";
import { eventually } from "#support/eventually.ts";
import { startOperator } from "#support/world/operator-process.ts";
import { createMigration, describeStatus, isSettled, migrationStorage, requestRollback, statusOf } from "./acts.ts";
import { createNamespace, kinds, operatorSettings } from "./bench-cluster.ts";
import { createStubApplication, openStubSidecar } from "./stub-application.ts";

type Pattern = { readonly spec: unknown; readonly status: unknown };

const place = { namespace: "pattern", name: "pattern" };
const address = "127.92.0.1";
const deadlineMs = 120_000;

/** Runs a migration to its rollback on an application of one stub pod, and waits until nothing of it is in force. */
export async function makePattern(api: EmbeddedApi, user: string): Promise<Pattern> {
  const { namespace, name } = place;
  createNamespace(api, namespace);
  createStubApplication(api, place, [address]);
  const closeSidecar = await openStubSidecar(api, address, () => place);
  const env = { ...operatorSettings, RETRIEVER_LEADER_ELECTION: "false", RETRIEVER_RESYNC_MS: "2000" };
  const operator = await startOperator({ kubeconfig: api.kubeconfigPath(user), namespaces: [namespace], env });
  const read = () => api.store.get(migrationStorage, namespace, name);
  try {
    createMigration(api, place);
    const options = { deadlineMs, describe: async () => describeStatus(api, place) };
    await eventually("the pattern warms up", async () => statusOf(api, place).phase === "WarmUp", options);
    requestRollback(api, place, "Abort");
    await eventually("the pattern is settled", async () => isSettled(api, place), options);
    return JSON.parse(JSON.stringify({ spec: read()?.["spec"], status: read()?.["status"] })) as Pattern;
  } finally {
    await operator.stop();
    await closeSidecar();
  }
}

/** Creates copies of the pattern, named by their number, spread over namespaces of fifty. */
export function createCopies(api: EmbeddedApi, pattern: Pattern, from: number, to: number): void {
  for (let index = from; index < to; index += 1) {
    const namespace = `many-${Math.floor(index / perNamespace)}`;
    if (index % perNamespace === 0) createNamespace(api, namespace);
    const name = `copy-${index}`;
    const head = { apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration", metadata: { name, namespace } };
    const { spec, status } = pattern;
    api.direct({ verb: "create", ...kinds.migrations, namespace, body: structuredClone({ ...head, spec }) });
    const { metadata } = api.store.get(migrationStorage, namespace, name) ?? {};
    api.direct({
      verb: "update",
      ...kinds.migrations,
      namespace,
      name,
      subresource: "status",
      body: structuredClone({ ...head, metadata, spec, status }),
    });
  }
}

const perNamespace = 50;
