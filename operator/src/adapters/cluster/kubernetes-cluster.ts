// The Cluster port on a Kubernetes API. Reads are live GETs and lists (never a cache); writes are patches of what we own.

import type { KubeRequest } from "#kube/kube-request.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster } from "#ports/cluster.ts";
import { makeAnnouncer } from "./announce.ts";
import { makeClusterActs } from "./cluster-acts.ts";
import { makeClusterPolicies } from "./cluster-policies.ts";
import { makeClusterReads } from "./cluster-reads.ts";
import { makeClusterWrites } from "./cluster-writes.ts";
import { makeOverlayWrites } from "./overlay-config-map.ts";

type KubernetesClusterOptions = {
  readonly request: KubeRequest;
  readonly clock: Clock;
  /** Namespaces to watch; empty: all. */
  readonly namespaces: readonly string[];
  /** Name of this replica, for the source of events. */
  readonly instance: string;
};

/** A Cluster over live requests. Holds the names of the events it has sent, and whose ReplicaSets are. */
export function makeKubernetesCluster(options: KubernetesClusterOptions): Cluster {
  const { request, clock, namespaces, instance } = options;
  return {
    ...makeClusterReads(request, namespaces, clock),
    ...makeClusterPolicies(request, namespaces),
    ...makeClusterActs(request, clock),
    ...makeClusterWrites(request),
    ...makeOverlayWrites(request),
    announce: makeAnnouncer({ request, clock, instance }),
  };
}
