// The parts of a pod's specification that the runner reads.
// Readers only; anything unknown is ignored.
import { isObject, type JsonObject, type KubeObject, listOf, objectOf, textOf, valueAt } from "../api/model/json.ts";

type ContainerPort = { readonly name: string; readonly port: number };
type Mount = { readonly volume: string; readonly path: string };
export type Container = {
  readonly name: string;
  readonly image: string;
  /** In place of the image's own; empty: the image's own. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly JsonObject[];
  readonly ports: readonly ContainerPort[];
  readonly mounts: readonly Mount[];
  readonly readiness: JsonObject | undefined;
  /** File whose content becomes the message of its end. */
  readonly terminationMessagePath: string;
};

export function containersOf(pod: KubeObject): Container[] {
  return listOf(valueAt(pod, "spec", "containers"))
    .filter(isObject)
    .map((raw) => ({
      name: textOf(raw["name"]),
      image: textOf(raw["image"]),
      command: listOf(raw["command"]).map(textOf),
      args: listOf(raw["args"]).map(textOf),
      env: listOf(raw["env"]).filter(isObject),
      ports: listOf(raw["ports"]).map((port) => ({
        name: textOf(valueAt(port, "name")),
        port: Number(valueAt(port, "containerPort")),
      })),
      mounts: listOf(raw["volumeMounts"]).map(mountOf),
      terminationMessagePath: textOf(raw["terminationMessagePath"]) || "/dev/termination-log",
      readiness: isObject(raw["readinessProbe"]) ? raw["readinessProbe"] : undefined,
    }));
}

function mountOf(raw: unknown): Mount {
  if (textOf(valueAt(raw, "subPath")) !== "")
    throw new Error(`volumeMount ${textOf(valueAt(raw, "name"))}: subPath never sees an update and is not supported`);
  return { volume: textOf(valueAt(raw, "name")), path: textOf(valueAt(raw, "mountPath")) };
}

export function portOf(container: Container, name: string, fallback: number): number {
  return container.ports.find((port) => port.name === name)?.port ?? fallback;
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
