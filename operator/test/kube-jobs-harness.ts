// The contract's harness on any API server that a kubeconfig names: the adapter under test, and what an administrator does.

import { makeKubernetesCluster } from "#adapters/cluster/kubernetes-cluster.ts";
import { makeKubernetesJobs } from "#adapters/jobs/kubernetes-jobs.ts";
import { makeSystemClock } from "#adapters/system-clock.ts";
import { connectTo } from "#kube/kube-access.ts";
import { makeKubeRequest } from "#kube/kube-request.ts";
import { readKubeconfigs } from "#kube/kubeconfig-files.ts";
import * as kinds from "#kube/resources.ts";
import { searchSpec } from "./builders/search-app.ts";
import type { JobsHarness } from "./jobs-contract.ts";
import type { KubeHarnessOptions } from "./kube-harness.ts";

/** Opens both connections and creates the namespace. The CustomResourceDefinitions must be there. */
export async function openKubeJobsHarness({ operator, admin, namespace }: KubeHarnessOptions): Promise<JobsHarness> {
  const clock = makeSystemClock();
  const accesses = await Promise.all([operator, admin].map((kubeconfig) => readKubeconfigs([kubeconfig], undefined)));
  const connections = accesses.map((access) => connectTo(access, { clock }));
  const [tested, free] = connections.map((connection) => makeKubeRequest(connection, { deadlineMs: 10_000, clock }));
  if (tested === undefined || free === undefined) throw new Error("two connections");
  const { signal } = new AbortController();
  const create = async (resource: kinds.Resource, name: string, content: object) => {
    const within = resource === kinds.namespaces ? {} : { namespace };
    const metadata = { name, ...within };
    const body = { apiVersion: kinds.apiVersionOf(resource), kind: resource.kind, metadata, ...content };
    const place = { resource, ...within };
    await free({ method: "POST", place, body, signal });
  };
  await create(kinds.namespaces, namespace, {});
  const cluster = makeKubernetesCluster({ request: tested, clock, namespaces: [namespace], instance: "contract" });
  return {
    jobs: makeKubernetesJobs(tested),
    namespace,
    createMigration: async (name) => {
      await create(kinds.migrations, name, { spec: { ...searchSpec, target: { name: `${name}-app` } } });
      const raw = await cluster.readMigration({ namespace, name }, signal);
      if (raw === undefined) throw new Error(`no migration ${name}`);
      return raw.meta;
    },
    createTemplate: (name, suspend) => create(kinds.cronJobs, name, { spec: cronJobSpec(suspend) }),
    close: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

function cronJobSpec(suspend: boolean): object {
  // Never scheduled: nothing is pulled, nothing runs.
  const pod = {
    schedulerName: "nobody",
    restartPolicy: "Never",
    containers: [{ name: "retriever-verify", image: "sidecar" }],
  };
  return { suspend, schedule: "0 0 1 1 *", jobTemplate: { spec: { backoffLimit: 0, template: { spec: pod } } } };
}
