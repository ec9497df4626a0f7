// The parts of a pod's specification that the runner reads.
// Readers only; anything unknown is ignored.
import { z } from "zod";
import { type KubeObject, listOf, objectOf, valueAt } from "../../api/model/json.ts";

const containerSchema = z.object({
  name: z.string(),
  image: z.string().default(""),
  /** In place of the image's own; empty: the image's own. */
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().default(""),
        valueFrom: z.looseObject({ fieldRef: z.object({ fieldPath: z.string() }).optional() }).optional(),
      }),
    )
    .default([]),
  ports: z.array(z.object({ name: z.string().default(""), containerPort: z.number() })).default([]),
  volumeMounts: z
    .array(z.object({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() }))
    .default([]),
  readinessProbe: z
    .object({
      httpGet: z.object({ path: z.string().default("/readyz"), port: z.union([z.string(), z.number()]) }).optional(),
    })
    .optional(),
  /** File whose content becomes the message of its end. */
  terminationMessagePath: z.string().default("/dev/termination-log"),
});
export type Container = z.infer<typeof containerSchema>;

/** The containers of a pod. */
export function containersOf(pod: KubeObject): Container[] {
  return z.array(containerSchema).parse(valueAt(pod, "spec", "containers"));
}

/** Its init containers, of which all keep running here: no object of ours has one of another kind. */
export function sidecarsOf(pod: KubeObject): Container[] {
  return z.array(containerSchema).parse(valueAt(pod, "spec", "initContainers") ?? []);
}

export function portOf(container: Container, name: string, fallback: number): number {
  return container.ports.find((port) => port.name === name)?.containerPort ?? fallback;
}

/** Whether its containers run once, as a Job's do. */
export function runsOnce(pod: KubeObject): boolean {
  return valueAt(pod, "spec", "restartPolicy") === "Never";
}

export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** Whether the pod's Ready condition is True. */
export function isReady(pod: KubeObject): boolean {
  return listOf(valueAt(pod, "status", "conditions")).some((condition) => {
    const { type, status } = objectOf(condition);
    return type === "Ready" && status === "True";
  });
}
