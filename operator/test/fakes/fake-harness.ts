// The contract's harness on the cluster in memory.
import type { MigrationActSpec } from "@retriever/crds/migration.ts";
import { aPod, aWorkload } from "#test/builders/search-app.ts";
import type { ClusterHarness } from "#test/cluster-contract.ts";
import { FakeCluster } from "./fake-cluster.ts";

/** A harness whose every hand acts on one FakeCluster. */
export function openFakeHarness(): ClusterHarness {
  const cluster = new FakeCluster();
  const namespace = "search";
  return {
    cluster,
    namespace,
    createMigration: async (name, spec) => void cluster.create({ namespace, name }, spec),
    touchMigration: async (name) => cluster.touch({ namespace, name }),
    deleteMigration: async (name) => cluster.delete({ namespace, name }),
    createAct: async (name, spec) => {
      const { migration, act, actor, reason, role, check, planHash = null } = spec as MigrationActSpec;
      const basics = { name, uid: `uid-${name}`, createdAt: 0, act, actor, reason, planHash };
      const named = { ...(role === undefined ? {} : { role }), ...(check === undefined ? {} : { check }) };
      const observation = { ...basics, ...named, expiresAt: null };
      cluster.acts.push({ namespace, migrationUid: migration.uid ?? "", observation });
    },
    createApp: async (name, pods) => {
      const selector = `app=${name}`;
      const configSources = [
        { configMap: `${name}-retriever`, optional: false, items: null },
        { configMap: `${name}-retriever-migration`, optional: true, items: null },
      ];
      cluster.workloads.set(`${namespace}/${name}`, aWorkload({ selector, configSources, replicas: pods.length }));
      for (const pod of pods) cluster.pods.push({ namespace, selector, pod: aPod(pod) });
    },
    deletePod: async (name) => {
      const at = cluster.pods.findIndex(({ pod }) => pod.name === name);
      if (at !== -1) cluster.pods.splice(at, 1);
    },
    writeConfigMap: async (name, data, manager) => cluster.writeConfigMap(namespace, name, data, manager),
    deleteConfigMap: async (name) => cluster.deleteConfigMap(namespace, name),
    events: async () => cluster.sent,
    close: async () => undefined,
  };
}
