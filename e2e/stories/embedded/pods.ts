// The pods of a story, as the API tells them, and what their sidecars say of themselves.
// Reads only.
import { type SidecarStatus, sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { request } from "undici";
import { z } from "zod";
import { namespace } from "#support/world/application-manifests.ts";
import type { World } from "#support/world/start-world.ts";

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  status: z
    .object({
      podIP: z.string().default(""),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string() }))
        .default([]),
      containerStatuses: z.array(z.object({ restartCount: z.int() })).default([]),
    })
    .prefault({}),
});

export type StoryPod = {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly ready: boolean;
  /** When it last became ready or unready. */
  readonly readySince: string | undefined;
  readonly restarts: number;
  readonly annotations: Readonly<Record<string, string>>;
};

/** Pods of an application that aren't going away. */
export function podsOf(world: World, application: string): StoryPod[] {
  return world.cluster.api.store
    .list("/pods", namespace)
    .map((object) => podSchema.parse(object))
    .filter(({ metadata }) => metadata.labels["app.kubernetes.io/name"] === application)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, status }) => {
      const ready = status.conditions.find(({ type }) => type === "Ready");
      return {
        name: metadata.name,
        uid: metadata.uid,
        ip: status.podIP,
        ready: ready?.status === "True",
        readySince: ready?.lastTransitionTime,
        restarts: status.containerStatuses[0]?.restartCount ?? 0,
        annotations: metadata.annotations,
      };
    });
}

/** What a pod's sidecar says. Rejects when it doesn't answer within 2 s. */
export async function sidecarOf(pod: StoryPod): Promise<SidecarStatus> {
  const { body } = await request(`http://${pod.ip}:7090/v1/status`, { signal: AbortSignal.timeout(2000) });
  return sidecarStatusSchema.parse(await body.json());
}
