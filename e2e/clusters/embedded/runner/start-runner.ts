// Starts the pod runner: a Deployment controller and a kubelet over the embedded API, with real sidecar processes.
// The composition root of the runner; everything it starts ends with close().
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  copyContainer,
  repairContainer,
  sidecarContainer,
  syncContainer,
  verifyContainer,
} from "@retriever/sidecar/contract/names.ts";
import type { StoreEvent } from "../api/model/store.ts";
import type { EmbeddedApi } from "../api/start-api.ts";
import { makeAddresses } from "./addresses.ts";
import { syncDeployments } from "./deployments.ts";
import { syncJobs } from "./jobs.ts";
import { Kubelet, logFileOf } from "./kubelet.ts";
import { makeClusterAccess } from "./pod/cluster-access.ts";
import type { PodSettings } from "./pod/pod-runtime.ts";
import { makeProcesses } from "./pod/processes.ts";

export type RunnerOptions = Partial<PodSettings> & {
  readonly api: EmbeddedApi;
  /** Volumes and logs of the pods go below it. */
  readonly directory: string;
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
  /** What the pod's process wrote, over all restarts. */
  readonly logs: (pod: string) => string;
};

const imageRoot = fileURLToPath(new URL("../../../../", import.meta.url));

const defaults: PodSettings = {
  nodeName: "embedded",
  sidecarContainer,
  jobContainers: [verifyContainer, copyContainer, syncContainer, repairContainer],
  sidecarCommand: [process.execPath, `${imageRoot}retriever-sidecar/src/main.ts`],
  imageRoot,
  volumeRefreshMs: 60_000,
  volumePromptMs: 150,
  probeEveryMs: 500,
  restartBackoffMs: 1000,
};

/** Starts running the pods of the API's Deployments, and any other pod that is not assigned to a node. */
export function startRunner(options: RunnerOptions): Runner {
  const { api, directory, ...over } = options;
  const now = () => new Date();
  const cluster = makeClusterAccess(api);
  const processes = makeProcesses();
  const addresses = makeAddresses([randomInt(16, 240), randomInt(1, 255)]);
  const kubelet = new Kubelet({ cluster, processes, addresses, settings: { ...defaults, ...over }, directory, now });
  const pass = () => {
    syncDeployments(cluster, now());
    const dueAt = syncJobs(cluster, now());
    kubelet.sync();
    return dueAt;
  };
  const unsubscribe = subscribe(api, pass);
  const close = async () => {
    unsubscribe();
    kubelet.close();
    await processes.close();
  };
  return {
    close,
    stallVolumes: (pod) => kubelet.find(pod).stall(),
    freeze: (pod) => kubelet.find(pod).signal("SIGSTOP"),
    thaw: (pod) => kubelet.find(pod).signal("SIGCONT"),
    kill: (pod) => kubelet.find(pod).signal("SIGKILL"),
    logs: (pod) => readFileSync(logFileOf(directory, pod), "utf8"),
    [Symbol.asyncDispose]: close,
  };
}

const watched = new Set(["/pods", "apps/deployments", "batch/jobs"]);

/** A timer can't wait for longer than 24 days; a look in between does no harm. */
const longestWaitMs = 3_600_000;

/**
 * One pass soon after any change of a pod, Deployment or Job, changes in between being covered by the same pass, and one
 * when the last pass said that something is due, in epoch ms.
 */
function subscribe({ store }: EmbeddedApi, pass: () => number | undefined): () => void {
  let scheduled: NodeJS.Immediate | undefined;
  let due: NodeJS.Timeout | undefined;
  const schedule = (event?: StoreEvent) => {
    if (scheduled !== undefined || (event !== undefined && !watched.has(event.storage))) return;
    scheduled = setImmediate(() => {
      scheduled = undefined;
      const dueAt = pass();
      clearTimeout(due);
      if (dueAt !== undefined) due = setTimeout(schedule, Math.max(0, Math.min(longestWaitMs, dueAt - Date.now())));
    });
  };
  const unsubscribe = store.subscribe(schedule);
  schedule();
  return () => {
    unsubscribe();
    clearImmediate(scheduled);
    clearTimeout(due);
  };
}
