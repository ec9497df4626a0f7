// The pods of an application, as the API tells them, and what their sidecars say of themselves.
// Reads only.
import { type SidecarStatus, sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { request } from "undici";
import { z } from "zod";
import { patienceMs } from "#support/patience.ts";

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
        .array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string().nullish() }))
        .default([]),
      containerStatuses: z.array(z.object({ containerID: z.string().default(""), restartCount: z.int() })).default([]),
    })
    .prefault({}),
});

export type Pod = {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly ready: boolean;
  /** When it last became ready or unready. */
  readonly readySince: string | undefined;
  readonly restarts: number;
  /** Of its first container, without the runtime's name. */
  readonly containerId: string;
  readonly annotations: Readonly<Record<string, string>>;
};

/** Those of the API's pods that are of an application and aren't going away. */
export function podsOf(objects: readonly unknown[], application: string): Pod[] {
  return objects
    .map((object) => podSchema.parse(object))
    .filter(({ metadata }) => metadata.labels["app.kubernetes.io/name"] === application)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, status }) => {
      const ready = status.conditions.find(({ type }) => type === "Ready");
      const [container] = status.containerStatuses;
      return {
        name: metadata.name,
        uid: metadata.uid,
        ip: status.podIP,
        ready: ready?.status === "True",
        readySince: ready?.lastTransitionTime ?? undefined,
        restarts: container?.restartCount ?? 0,
        containerId: (container?.containerID ?? "").replace(/^.*:\/\//, ""),
        annotations: metadata.annotations,
      };
    });
}

/** Where the sidecars of ready pods answer applications. */
export function endpointsOf(pods: readonly Pod[]): string[] {
  return pods.flatMap(({ ready, ip }) => (ready ? [`http://${ip}:7080`] : []));
}

/** What a pod's sidecar says. Rejects when it doesn't answer, on a quiet machine within 2 s. */
export async function sidecarOf({ ip }: Pick<Pod, "ip">): Promise<SidecarStatus> {
  const { body } = await request(`http://${ip}:7090/v1/status`, { signal: AbortSignal.timeout(patienceMs(2000)) });
  return sidecarStatusSchema.parse(await body.json());
}
