// The kubelet double: takes pods in, keeps one runtime per pod, lets go of those whose object is gone.
// Assigns pods to its own node; leaves other nodes' pods alone.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type KubeObject, textOf, valueAt } from "../api/model/json.ts";
import type { Addresses } from "./addresses.ts";
import { placeOf } from "./pod/cluster-access.ts";
import { type PodParts, PodRuntime } from "./pod/pod-runtime.ts";
import { keyOf } from "./pod/pod-shape.ts";

type KubeletParts = Pick<PodParts, "cluster" | "processes" | "settings" | "now"> & {
  readonly addresses: Addresses;
  /** Volumes and logs of all pods. */
  readonly directory: string;
};

type Kept = { readonly runtime: PodRuntime; readonly podIp: string; readonly uid: string | undefined };

/** The log of a pod's process, over all restarts. */
export function logFileOf(directory: string, pod: string): string {
  return join(directory, "logs", `${pod}.log`);
}

/** Runs the pods of one node. */
export class Kubelet {
  readonly #parts: KubeletParts;
  readonly #pods = new Map<string, Kept>();

  constructor(parts: KubeletParts) {
    this.#parts = parts;
    mkdirSync(join(parts.directory, "logs"), { recursive: true });
  }

  /** Brings the runtimes in line with the pods that exist now. */
  sync(): void {
    const live = new Map(this.#parts.cluster.pods().map((pod) => [keyOf(pod), pod]));
    for (const [key, { uid }] of this.#pods) {
      if (live.get(key)?.metadata.uid !== uid) this.#drop(key);
    }
    for (const [key, pod] of live) {
      const known = this.#pods.get(key);
      if (known === undefined) this.#adopt(key, pod);
      else known.runtime.update(pod);
    }
  }

  /** The runtime of a pod, by name or by namespace/name. */
  find(name: string): PodRuntime {
    const found = [...this.#pods].find(([key]) => key === name || key.endsWith(`/${name}`));
    if (found !== undefined) return found[1].runtime;
    throw new Error(`no such pod: ${name}, running are ${[...this.#pods.keys()].join(", ") || "none"}`);
  }

  close(): void {
    for (const key of this.#pods.keys()) this.#drop(key);
  }

  #adopt(key: string, pod: KubeObject): void {
    const { cluster, settings, addresses, directory, processes, now } = this.#parts;
    const nodeName = textOf(valueAt(pod, "spec", "nodeName"));
    if (nodeName === "" && pod.metadata.deletionTimestamp === undefined) {
      cluster.assignPod(placeOf(pod), settings.nodeName);
      return;
    }
    if (nodeName !== settings.nodeName) return;
    // Deleted before it ever ran: there is no process to wait for.
    if (pod.metadata.deletionTimestamp !== undefined) {
      cluster.deletePod(placeOf(pod), 0);
      return;
    }
    const podIp = addresses.take();
    const home = join(directory, "pods", pod.metadata.uid ?? pod.metadata.name);
    const logFile = logFileOf(directory, pod.metadata.name);
    const runtime = new PodRuntime({ cluster, processes, settings, podIp, directory: home, logFile, now }, pod);
    this.#pods.set(key, { runtime, podIp, uid: pod.metadata.uid });
  }

  #drop(key: string): void {
    const known = this.#pods.get(key);
    if (known === undefined) return;
    known.runtime.close();
    this.#parts.addresses.release(known.podIp);
    this.#pods.delete(key);
  }
}
