// Pods of a real cluster, as the API tells them, and what their sidecars say of themselves.
// Reads only.
import { type SidecarStatus, sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { request } from "undici";
import { z } from "zod";
import { eventually } from "#support/eventually.ts";
import type { KubeClient } from "#support/kube/client.ts";

/** For pods to start, and for whatever has a real kubelet in its way. */
const deadlineMs = 120_000;
const followEveryMs = 500;

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
  status: z
    .object({
      podIP: z.string().default(""),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z.array(z.object({ containerID: z.string().default(""), restartCount: z.int() })).default([]),
    })
    .prefault({}),
});

export type RealPod = {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly ready: boolean;
  readonly restarts: number;
  /** Of its first container, without the runtime's name. */
  readonly containerId: string;
};

/** Pods of an application that aren't going away. */
export async function realPods(client: KubeClient, namespace: string, application: string): Promise<RealPod[]> {
  const objects = await client.list(`/api/v1/namespaces/${namespace}/pods`);
  return objects
    .map((object) => podSchema.parse(object))
    .filter(({ metadata }) => metadata.labels["app.kubernetes.io/name"] === application)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, status }) => ({
      name: metadata.name,
      uid: metadata.uid,
      ip: status.podIP,
      ready: status.conditions.some(({ type, status: is }) => type === "Ready" && is === "True"),
      restarts: status.containerStatuses[0]?.restartCount ?? 0,
      containerId: (status.containerStatuses[0]?.containerID ?? "").replace(/^.*:\/\//, ""),
    }));
}

/** What a pod's sidecar says. Rejects when it doesn't answer within 2 s. */
export async function sidecarOf(pod: RealPod): Promise<SidecarStatus> {
  const { body } = await request(`http://${pod.ip}:7090/v1/status`, { signal: AbortSignal.timeout(2000) });
  return sidecarStatusSchema.parse(await body.json());
}

/** Waits until there are so many pods, all ready; none of them one of `besides`. */
export function readyPods(
  look: () => Promise<readonly RealPod[]>,
  count: number,
  besides: readonly RealPod[],
): Promise<readonly RealPod[]> {
  const isNew = ({ uid }: RealPod) => besides.every((old) => old.uid !== uid);
  return eventually(
    `${count} pods are ready`,
    async () => {
      const all = await look();
      return all.length === count && all.every((pod) => pod.ready && isNew(pod)) ? all : false;
    },
    { deadlineMs, describe: async () => JSON.stringify(await look()) },
  );
}

/** The ready pods, looked for anew twice a second, as whoever balances a Service's load knows them. */
export function followPods(look: () => Promise<readonly RealPod[]>, atFirst: readonly RealPod[]) {
  let known = atFirst;
  const refresh = async () => {
    try {
      known = (await look()).filter(({ ready }) => ready);
    } catch {
      // The API server is away: those of before are still there.
    }
  };
  const timer = setInterval(() => void refresh(), followEveryMs);
  return { pods: () => known, stop: () => clearInterval(timer) };
}

/**
 * When the last of these pods began to serve from the store of this digest, epoch ms.
 * Each sidecar says for how long its epoch has been in force: so looking late doesn't make it late.
 */
export async function lastToServeFrom(pods: readonly RealPod[], digest: string | undefined): Promise<number> {
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
