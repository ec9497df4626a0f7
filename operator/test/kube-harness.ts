// The contract's harness on any API server that a kubeconfig names: the adapter under test, and what an administrator does.

import { migrationUidLabel } from "@retriever/crds/migration.ts";
import { makeKubernetesCluster } from "#adapters/cluster/kubernetes-cluster.ts";
import { makeSystemClock } from "#adapters/system-clock.ts";
import { hasCode } from "#errors.ts";
import { connectTo } from "#kube/kube-access.ts";
import { type KubeRequest, makeKubeRequest, mergePatch } from "#kube/kube-request.ts";
import { readKubeconfigs } from "#kube/kubeconfig-files.ts";
import * as kinds from "#kube/resources.ts";
import type { ClusterHarness } from "./cluster-contract.ts";

export type KubeHarnessOptions = {
  /** kubeconfig of the account under test. */
  readonly operator: string;
  /** kubeconfig of one who may do everything in the namespace, and create it. */
  readonly admin: string;
  /** Created here, not deleted. */
  readonly namespace: string;
};

/** Opens both connections and creates the namespace. The CustomResourceDefinitions must be there. */
export async function openKubeHarness({ operator, admin, namespace }: KubeHarnessOptions): Promise<ClusterHarness> {
  const clock = makeSystemClock();
  const accesses = await Promise.all([operator, admin].map((kubeconfig) => readKubeconfigs([kubeconfig], undefined)));
  const connections = accesses.map((access) => connectTo(access, { clock }));
  const [tested, free] = connections.map((connection) => makeKubeRequest(connection, { deadlineMs: 10_000, clock }));
  if (tested === undefined || free === undefined) throw new Error("two connections");
  const { signal } = new AbortController();
  await free({
    method: "POST",
    place: { resource: kinds.namespaces },
    body: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    signal,
  });
  return {
    cluster: makeKubernetesCluster({ request: tested, clock, namespaces: [namespace], instance: "contract" }),
    namespace,
    ...adminCalls(free, namespace),
    close: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

type AdminCalls = Omit<ClusterHarness, "cluster" | "namespace" | "close">;

function adminCalls(request: KubeRequest, namespace: string): AdminCalls {
  const { signal } = new AbortController();
  const create = async (resource: kinds.Resource, name: string, rest: object) => {
    const { metadata = {}, ...content } = rest as { metadata?: object };
    const body = {
      apiVersion: kinds.apiVersionOf(resource),
      kind: resource.kind,
      metadata: { ...metadata, name, namespace },
      ...content,
    };
    await request({ method: "POST", place: { resource, namespace }, body, signal });
  };
  const merge = async (
    resource: kinds.Resource,
    name: string,
    body: object,
    more: { manager?: string; subresource?: string } = {},
  ) => {
    const place = {
      resource,
      namespace,
      name,
      ...(more.subresource === undefined ? {} : { subresource: more.subresource }),
    };
    await request({
      method: "PATCH",
      place,
      query: { fieldManager: more.manager ?? "contract" },
      contentType: mergePatch,
      body,
      signal,
    });
  };
  const remove = async (resource: kinds.Resource, name: string) => {
    const body = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 };
    await request({ method: "DELETE", place: { resource, namespace, name }, body, signal });
  };
  return {
    createMigration: (name, spec) => create(kinds.migrations, name, { spec: spec as object }),
    touchMigration: (name) => merge(kinds.migrations, name, { metadata: { annotations: { touched: "yes" } } }),
    deleteMigration: (name) => remove(kinds.migrations, name),
    createAct: (name, spec) => {
      const { migration } = spec as { readonly migration: { readonly uid: string } };
      const labels = { [migrationUidLabel]: migration.uid };
      return create(kinds.migrationActs, name, { metadata: { labels }, spec: spec as object });
    },
    createApp: async (name, pods) => {
      await create(kinds.deployments, name, { spec: deploymentSpec(name, pods.length) });
      for (const pod of pods)
        await create(kinds.pods, pod, { metadata: { labels: { app: name } }, spec: podSpec(name) });
    },
    deletePod: (name) => remove(kinds.pods, name),
    writeConfigMap: async (name, data, manager) => {
      try {
        await merge(kinds.configMaps, name, { data }, { manager });
      } catch (fault) {
        if (!hasCode(fault, "ROP_NOT_FOUND")) throw fault;
        await create(kinds.configMaps, name, { data });
      }
    },
    deleteConfigMap: (name) => remove(kinds.configMaps, name),
    events: async () => {
      const list = (await request({ method: "GET", place: { resource: kinds.events, namespace }, signal })) as {
        items: { reason: string; type: string; count: number }[];
      };
      return list.items;
    },
  };
}

function deploymentSpec(name: string, replicas: number): object {
  // Paused, and with pods of its own making: the contract is about reading, not about a controller.
  return {
    replicas,
    paused: true,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec(name) },
  };
}

function podSpec(name: string): object {
  const sources = [
    { configMap: { name: `${name}-retriever` } },
    { configMap: { name: `${name}-retriever-migration`, optional: true } },
  ];
  return {
    // Never scheduled: nothing is pulled, nothing runs.
    schedulerName: "nobody",
    containers: [
      { name: "app", image: "app" },
      {
        name: "retriever-sidecar",
        image: "sidecar",
        args: ["serve", "--config", "/etc/retriever/config"],
        ports: [{ name: "admin", containerPort: 7090 }],
        volumeMounts: [{ name: "config", mountPath: "/etc/retriever/config", readOnly: true }],
      },
    ],
    volumes: [{ name: "config", projected: { sources } }],
  };
}
