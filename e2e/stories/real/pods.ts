// Pods of a real cluster: waits for them, and what their sidecars serve from.
// Reads only.
import { eventually } from "#support/eventually.ts";
import type { KubeClient } from "#support/kube/client.ts";
import { type Pod, podsOf, sidecarOf } from "#support/world/pods.ts";

/** For pods to start, and for whatever has a real kubelet in its way. */
const deadlineMs = 120_000;
const followEveryMs = 500;

/** Pods of an application that aren't going away. */
export async function realPods(client: KubeClient, namespace: string, application: string): Promise<Pod[]> {
  return podsOf(await client.list(`/api/v1/namespaces/${namespace}/pods`), application);
}

/** Waits until there are so many pods, all ready; none of them one of `besides`. */
export function readyPods(
  read: () => Promise<readonly Pod[]>,
  count: number,
  besides: readonly Pod[],
): Promise<readonly Pod[]> {
  const isNew = ({ uid }: Pod) => besides.every((old) => old.uid !== uid);
  return eventually(
    `${count} pods are ready`,
    async () => {
      const all = await read();
      return all.length === count && all.every((pod) => pod.ready && isNew(pod)) ? all : false;
    },
    { deadlineMs, describe: async () => JSON.stringify(await read()) },
  );
}

/** The ready pods, read anew twice a second, as whoever balances a Service's load knows them. */
export function followPods(read: () => Promise<readonly Pod[]>, atFirst: readonly Pod[]) {
  let known = atFirst;
  const refresh = async () => {
    try {
      known = (await read()).filter(({ ready }) => ready);
    } catch {
      // The API server is away: those of before are still there.
    }
  };
  const timer = setInterval(() => void refresh(), followEveryMs);
  return { pods: () => known, stop: () => clearInterval(timer) };
}

/**
 * When the last of these pods began to serve from the store of this digest, epoch ms.
 * Each sidecar says for how long its epoch has been in force: so asking late doesn't make it late.
 */
export async function lastToServeFrom(pods: readonly Pod[], digest: string | undefined): Promise<number> {
  const since = pods.map((pod) =>
    eventually(
      `${pod.name} serves from there`,
      async () => {
        const { config, evidence } = await sidecarOf(pod);
        return config.primaryIdentity.digest === digest ? Date.now() - evidence.sinceSeconds * 1000 : false;
      },
      { deadlineMs },
    ),
  );
  return Math.max(...(await Promise.all(since)));
}
