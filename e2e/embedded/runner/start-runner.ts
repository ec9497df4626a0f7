// Starts the pod runner: a Deployment controller and a kubelet over the embedded API, with real sidecar processes.
// The composition root of the runner; everything it starts ends with close().
import { randomInt } from "node:crypto";
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sidecarContainer } from "@retriever/sidecar/contract/names.ts";
import type { KubeObject } from "#embedded/api/json.ts";
import type { EmbeddedApi } from "#embedded/api/start-api.ts";
import type { StoreEvent } from "#embedded/api/store.ts";
import { makeAddresses } from "./addresses.ts";
import { makeClusterAccess, placeOf } from "./cluster-access.ts";
import { syncDeployments } from "./deployments.ts";
import { PodRuntime, type PodSettings } from "./pod-runtime.ts";
import { keyOf } from "./pod-shape.ts";
import { makeProcesses } from "./processes.ts";

export type RunnerOptions = Partial<PodSettings> & {
  readonly api: EmbeddedApi;
  /** Volumes and logs of the pods go below it. */
  readonly directory: string;
  /** Second and third byte of the pods' addresses; random when absent. */
  readonly network?: readonly [number, number];
  /** Called with an error that no pod or Deployment can show; such an error is a bug of the runner. */
  readonly onError?: (error: unknown) => void;
};

export type Runner = AsyncDisposable & {
  readonly close: () => Promise<void>;
  /** Volumes of this pod are never refreshed again. */
  readonly stallVolumes: (pod: string) => void;
  /** Stops the process without ending it (SIGSTOP). */
  readonly freeze: (pod: string) => void;
  readonly thaw: (pod: string) => void;
  /** Kills the container's process (SIGKILL); it is restarted. */
  readonly kill: (pod: string) => void;
  /** The newest part of what the pod's process wrote, over all restarts. */
  readonly logs: (pod: string) => string;
};

const maxLogBytes = 1024 * 1024;
const sidecarMain = fileURLToPath(new URL("../../../retriever-sidecar/src/main.ts", import.meta.url));

const defaults: PodSettings = {
  nodeName: "embedded",
  sidecarContainer,
  sidecarCommand: [process.execPath, sidecarMain],
  volumeRefreshMs: 60_000,
  volumePromptMs: 150,
  probeEveryMs: 500,
  restartBackoffMs: 1000,
  secrets: {},
};

/** Starts running the pods of the API's Deployments, and any other pod that is not assigned to a node. */
export function startRunner(options: RunnerOptions): Runner {
  const { api, directory, network, onError, ...over } = options;
  const settings: PodSettings = { ...defaults, ...over };
  const now = () => new Date();
  const cluster = makeClusterAccess(api);
  const processes = makeProcesses(now);
  const addresses = makeAddresses(network ?? [randomInt(16, 240), randomInt(1, 255)]);
  const pods = new Map<
    string,
    { readonly runtime: PodRuntime; readonly podIp: string; readonly uid: string | undefined }
  >();
  const logFile = (name: string) => join(directory, "logs", `${name}.log`);
  mkdirSync(join(directory, "logs"), { recursive: true });
  let closed = false;

  const adopt = (pod: KubeObject) => {
    if (pod.metadata.deletionTimestamp !== undefined) return cluster.deletePod(placeOf(pod), 0);
    const nodeName = (pod["spec"] as { nodeName?: string } | undefined)?.nodeName ?? "";
    if (nodeName === "") return cluster.assignPod(placeOf(pod), settings.nodeName);
    if (nodeName !== settings.nodeName) return undefined;
    const podIp = addresses.take();
    const home = join(directory, "pods", pod.metadata.uid ?? pod.metadata.name);
    const parts = { cluster, processes, settings, podIp, directory: home, logFile: logFile(pod.metadata.name), now };
    pods.set(keyOf(pod), { runtime: new PodRuntime(parts, pod), podIp, uid: pod.metadata.uid });
    return undefined;
  };
  const drop = (key: string) => {
    const known = pods.get(key);
    known?.runtime.close();
    if (known !== undefined) addresses.release(known.podIp);
    pods.delete(key);
  };
  const syncPods = () => {
    const live = new Map(cluster.pods().map((pod) => [keyOf(pod), pod]));
    for (const [key, { uid }] of pods) if (live.get(key)?.metadata.uid !== uid) drop(key);
    for (const [key, pod] of live) {
      const known = pods.get(key);
      if (known === undefined) adopt(pod);
      else known.runtime.update(pod);
    }
  };
  const pass = () => {
    if (closed) return;
    try {
      syncDeployments(cluster, now());
      syncPods();
    } catch (error) {
      if (onError === undefined) throw error;
      onError(error);
    }
  };
  const unsubscribe = subscribe(api, pass);
  const find = (name: string) => {
    const key = [...pods.keys()].find((one) => one === name || one.endsWith(`/${name}`));
    const found = key === undefined ? undefined : pods.get(key);
    if (found === undefined)
      throw new Error(`no such pod: ${name}, running are ${[...pods.keys()].join(", ") || "none"}`);
    return found.runtime;
  };
  const close = async () => {
    closed = true;
    unsubscribe();
    for (const key of pods.keys()) drop(key);
    await processes.close();
  };
  return {
    close,
    stallVolumes: (pod) => find(pod).stall(),
    freeze: (pod) => find(pod).signal("SIGSTOP"),
    thaw: (pod) => find(pod).signal("SIGCONT"),
    kill: (pod) => find(pod).signal("SIGKILL"),
    logs: (pod) => readTail(logFile(pod)),
    [Symbol.asyncDispose]: close,
  };
}

const watched = new Set(["/pods", "apps/deployments"]);

/** One pass soon after any change of a pod or Deployment; changes in between are covered by the same pass. */
function subscribe({ store }: EmbeddedApi, pass: () => void): () => void {
  let scheduled: NodeJS.Immediate | undefined;
  const schedule = (event?: StoreEvent) => {
    if (scheduled !== undefined || (event !== undefined && !watched.has(event.storage))) return;
    scheduled = setImmediate(() => {
      scheduled = undefined;
      pass();
    });
  };
  const unsubscribe = store.subscribe(schedule);
  schedule();
  return () => {
    unsubscribe();
    clearImmediate(scheduled);
  };
}

function readTail(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const start = Math.max(0, size - maxLogBytes);
    const buffer = Buffer.alloc(size - start);
    readSync(file, buffer, 0, buffer.length, start);
    return buffer.toString("utf8");
  } finally {
    closeSync(file);
  }
}
