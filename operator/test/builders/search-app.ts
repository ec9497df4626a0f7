// A namespace with the usual application: a Deployment with sidecars, its base, its pods.
import type { TargetObservation } from "#core/model/workload.ts";
import type { PodRead, WorkloadRead } from "#ports/cluster.ts";
import type { FakeCluster } from "#test/fakes/fake-cluster.ts";
import type { FakeSidecars } from "#test/fakes/fake-sidecars.ts";
import { aSidecarStatus } from "./sidecar-status.ts";

export const searchKey = { namespace: "search", name: "docs-to-qdrant" };
export const searchSpec = {
  target: { name: "search-api" },
  destination: { kind: "qdrant", url: "http://qdrant.search.svc:6333", collection: "chunks" },
};
export const baseText = JSON.stringify({
  primary: { kind: "pgvector", connectionString: { fromEnv: "PG_URL" } },
});

/** A workload whose config directory projects base and overlay. */
export function aWorkload(more: Partial<WorkloadRead> = {}): WorkloadRead {
  return {
    replicas: 3,
    selector: "app=search-api",
    hasSidecar: true,
    usesSubPath: false,
    configSources: [
      { configMap: "search-api-retriever", optional: false, items: null },
      { configMap: "search-api-retriever-migration", optional: true, items: null },
    ],
    ...more,
  };
}

/** What a reconcile sees of such a workload. */
export function aTarget(replicas: number): TargetObservation {
  return {
    found: true,
    namespaceTerminating: false,
    replicas,
    hasSidecar: true,
    mountsOverlay: true,
    baseConfigMaps: ["search-api-retriever"],
    baseFaults: [],
  };
}

/** A pod that runs. */
export function aPod(name: string, more: Partial<PodRead> = {}): PodRead {
  return {
    name,
    uid: `uid-${name}`,
    terminating: false,
    ready: true,
    sidecarRunning: true,
    nodeLost: false,
    annotatedEpoch: 0,
    ip: `ip-${name}`,
    adminPort: 7090,
    ...more,
  };
}

/** Fills the fakes with the application and `pods` pods that serve their base. */
export function seedSearchApp(cluster: FakeCluster, sidecars: FakeSidecars, pods = 3): void {
  cluster.workloads.set("search/search-api", aWorkload());
  cluster.writeConfigMap("search", "search-api-retriever", { "retriever.json": baseText });
  for (let index = 0; index < pods; index += 1) {
    const pod = aPod(`search-api-${index}`);
    cluster.pods.push({ namespace: "search", selector: "app=search-api", pod });
    sidecars.answer(pod.ip, (windows) => aSidecarStatus({ podUid: pod.uid, podName: pod.name }, windows));
  }
}
