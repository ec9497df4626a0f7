// The operator's own view of a cluster, held on the embedded API to the same promises as its fake.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeClusterContract } from "@retriever/operator/test/cluster-contract.ts";
import { describeJobsContract } from "@retriever/operator/test/jobs-contract.ts";
import { openKubeHarness } from "@retriever/operator/test/kube-harness.ts";
import { openKubeJobsHarness } from "@retriever/operator/test/kube-jobs-harness.ts";
import { startApi } from "#clusters/embedded/api/start-api.ts";
import { makeKubeClient } from "#support/kube/client.ts";
import { installDefinitions } from "#support/kube/definitions.ts";
import { namespace } from "#support/world/application-manifests.ts";

type Accounts = { readonly operator: string; readonly admin: string; readonly namespace: string };

/** An API server of its own for what `open` makes of its kubeconfigs. */
async function onEmbeddedApi<Harness extends { readonly close: () => Promise<void> }>(
  open: (accounts: Accounts) => Promise<Harness>,
): Promise<Harness> {
  const directory = await mkdtemp(join(tmpdir(), "retriever-contract-"));
  const api = await startApi({ directory });
  const admin = api.kubeconfigPath("admin");
  const client = makeKubeClient(admin);
  await client.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await installDefinitions(client);
  await client.close();
  const operator = api.kubeconfigPath("operator");
  const harness = await open({ operator, admin, namespace: "contract" });
  return {
    ...harness,
    close: async () => {
      await harness.close();
      await api.close();
      await rm(directory, { recursive: true });
    },
  };
}

describeClusterContract("The adapter on the embedded API", () => onEmbeddedApi(openKubeHarness));
describeJobsContract("The adapter on the embedded API", () => onEmbeddedApi(openKubeJobsHarness));
