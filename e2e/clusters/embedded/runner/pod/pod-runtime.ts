// One pod as a kubelet runs it: volumes, the sidecar's process, restarts, readiness, status, termination.
// Lives from the pod's assignment until its object is gone.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { equal, isObject, type JsonObject, type KubeObject, listOf, textOf, valueAt } from "../../api/model/json.ts";
import { timestamp } from "../../api/verbs/call.ts";
import { type ClusterAccess, placeOf } from "./cluster-access.ts";
import { launchOf } from "./container-env.ts";
import { type Container, containersOf, portOf, runsOnce, sidecarsOf } from "./pod-shape.ts";
import { type ContainerState, type PodFacts, renderPodStatus } from "./pod-status.ts";
import { probe } from "./probe.ts";
import type { Exit, Processes, Running } from "./processes.ts";
import { publish } from "./volume.ts";
import { type Files, filesOf } from "./volume-content.ts";

export type PodSettings = {
  readonly nodeName: string;
  readonly sidecarContainer: string;
  readonly jobContainers: readonly string[];
  /** Entry point of the image; a container's own command comes before it. */
  readonly sidecarCommand: readonly string[];
  /** Folder that stands for `/app/` of the image. */
  readonly imageRoot: string;
  readonly volumeRefreshMs: number;
  readonly volumePromptMs: number;
  readonly probeEveryMs: number;
  readonly restartBackoffMs: number;
};

export type PodParts = {
  readonly cluster: ClusterAccess;
  readonly processes: Processes;
  readonly settings: PodSettings;
  readonly podIp: string;
  /** Host directory of this pod. */
  readonly directory: string;
  readonly logFile: string;
  readonly now: () => Date;
};

const setupRetryMs = 1000;
const maxBackoffMs = 10_000;
const failureThreshold = 3;
const probeTimeoutMs = 1000;
const maxMessageBytes = 4096;

/** Runs one pod. */
export class PodRuntime {
  readonly #parts: PodParts;
  #pod: KubeObject;
  #process: Running | undefined;
  #state: ContainerState = { kind: "waiting", reason: "ContainerCreating", message: "" };
  #ready = false;
  #failures = 0;
  #restarts = 0;
  #stalled = false;
  #closed = false;
  #probing = false;
  /** The grace period of a termination that has begun. */
  #graceMs: number | undefined;
  #volumesFor: unknown;
  /** The files of each volume by its path. */
  readonly #published = new Map<string, Files>();
  readonly #startTime: string;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(parts: PodParts, pod: KubeObject) {
    this.#parts = parts;
    this.#pod = pod;
    this.#startTime = timestamp(parts.now());
    const { labels, annotations } = pod.metadata;
    this.#volumesFor = { labels, annotations };
    mkdirSync(parts.directory, { recursive: true });
    this.#every(parts.settings.volumeRefreshMs, () => this.#refreshVolumes());
    this.#every(parts.settings.probeEveryMs, () => void this.#checkReadiness());
    this.#start();
  }

  /** Takes note of a changed object: annotations nudge the volumes, a deletion ends the process. */
  update(pod: KubeObject): void {
    this.#pod = pod;
    const { labels, annotations } = pod.metadata;
    const seen = { labels, annotations };
    if (!equal(seen, this.#volumesFor)) {
      this.#volumesFor = seen;
      this.#after(this.#parts.settings.volumePromptMs, () => this.#refreshVolumes());
    }
    if (pod.metadata.deletionTimestamp !== undefined) this.#terminate();
  }

  /** From now on no change of a ConfigMap reaches this pod. */
  stall(): void {
    this.#stalled = true;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process === undefined) throw new Error(`pod ${this.#pod.metadata.name} runs no process`);
    this.#process.signal(signal);
  }

  /** Ends everything at once; the object is gone or the runner closes. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#process?.signal("SIGKILL");
    rmSync(this.#parts.directory, { recursive: true, force: true });
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #every(ms: number, act: () => void): void {
    this.#timers.add(setInterval(act, ms));
  }

  get #active(): Container | undefined {
    const { sidecarContainer, jobContainers } = this.#parts.settings;
    const all = [...containersOf(this.#pod), ...sidecarsOf(this.#pod)];
    return all.find(({ name }) => name === sidecarContainer || jobContainers.includes(name));
  }

  #start(): void {
    if (this.#closed || this.#graceMs !== undefined) return;
    try {
      this.#mountVolumes();
      const container = this.#active;
      if (container !== undefined) this.#launch(container);
      this.#state = { kind: "running", startedAt: timestamp(this.#parts.now()) };
      if (container === undefined || !isProbed(container, this.#parts.settings)) this.#ready = true;
      if (container === undefined && runsOnce(this.#pod)) this.#end({ code: 0, signal: null });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#state = { kind: "waiting", reason: "CreateContainerConfigError", message };
      this.#after(setupRetryMs, () => this.#start());
    }
    this.#report();
  }

  #launch(container: Container): void {
    const { settings, podIp, directory, logFile, processes } = this.#parts;
    const hostPaths = new Map(container.volumeMounts.map((mount) => [mount.mountPath, this.#volumePath(mount.name)]));
    hostPaths.set(container.terminationMessagePath, this.#terminationLog);
    const { args, env } = launchOf(container, { pod: this.#pod, podIp, hostPaths });
    const command = [...entryPoint(container, settings), ...args];
    const running = processes.start({ command, env, cwd: directory, logFile });
    this.#process = running;
    void running.exited.then((exit) => this.#exited(exit));
  }

  #exited(exit: Exit): void {
    this.#process = undefined;
    if (this.#closed) return;
    this.#end(exit);
    if (this.#graceMs !== undefined) {
      this.#finish();
      return;
    }
    if (runsOnce(this.#pod)) {
      this.#report();
      return;
    }
    // The first restart is immediate, as a kubelet's; the next ones back off.
    const backoffMs =
      this.#restarts === 0
        ? 0
        : Math.min(maxBackoffMs, this.#parts.settings.restartBackoffMs * 2 ** Math.min(10, this.#restarts - 1));
    this.#restarts += 1;
    this.#report();
    this.#after(backoffMs, () => this.#start());
  }

  #end(exit: Exit): void {
    const at = timestamp(this.#parts.now());
    this.#ready = false;
    this.#failures = 0;
    this.#state = { kind: "terminated", exit, at, message: lastWords(this.#terminationLog) };
  }

  get #terminationLog(): string {
    return join(this.#parts.directory, "termination-log");
  }

  #terminate(): void {
    const graceMs = (this.#pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    if (this.#graceMs !== undefined && this.#graceMs <= graceMs) return;
    const first = this.#graceMs === undefined;
    this.#graceMs = graceMs;
    if (first && this.#process === undefined) this.#after(0, () => this.#finish());
    else if (first) this.#process?.signal("SIGTERM");
    this.#after(graceMs, () => this.#process?.signal("SIGKILL"));
  }

  #finish(): void {
    if (!this.#closed) this.#parts.cluster.deletePod(placeOf(this.#pod), 0);
  }

  #volumePath(name: string): string {
    return join(this.#parts.directory, "volumes", name);
  }

  #volumes(): JsonObject[] {
    return listOf(valueAt(this.#pod, "spec", "volumes")).filter(isObject);
  }

  #mountVolumes(): void {
    const { namespace = "" } = this.#pod.metadata;
    for (const volume of this.#volumes()) {
      const path = this.#volumePath(textOf(volume["name"]));
      mkdirSync(path, { recursive: true });
      const files = filesOf(volume, (name) => this.#parts.cluster.configMapData({ namespace, name }));
      if (files === undefined || equal(files, this.#published.get(path))) continue;
      publish(path, files, this.#parts.now());
      this.#published.set(path, files);
    }
  }

  #refreshVolumes(): void {
    if (this.#stalled || this.#closed || this.#graceMs !== undefined || this.#state.kind === "waiting") return;
    try {
      this.#mountVolumes();
    } catch {
      // A volume that can't be built any more keeps its last content, as a kubelet leaves it.
    }
  }

  async #checkReadiness(): Promise<void> {
    const container = this.#active;
    if (this.#probing || this.#process === undefined || container === undefined) return;
    if (!isProbed(container, this.#parts.settings)) return;
    this.#probing = true;
    const answered = await probe({ host: this.#parts.podIp, timeoutMs: probeTimeoutMs, ...probeTarget(container) });
    this.#probing = false;
    if (this.#closed || this.#process === undefined) return;
    this.#failures = answered ? 0 : this.#failures + 1;
    const ready = answered || (this.#ready && this.#failures < failureThreshold);
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#report();
  }

  #report(): void {
    if (this.#closed) return;
    const facts: PodFacts = {
      podIp: this.#parts.podIp,
      containers: containersOf(this.#pod),
      sidecars: sidecarsOf(this.#pod),
      active: this.#active?.name ?? containersOf(this.#pod)[0]?.name ?? "",
      runsOnce: runsOnce(this.#pod),
      state: this.#state,
      ready: this.#ready,
      restartCount: this.#restarts,
      startTime: this.#startTime,
      now: timestamp(this.#parts.now()),
    };
    this.#parts.cluster.writeStatus(this.#pod, renderPodStatus(facts, this.#pod["status"]));
  }
}

/** The sidecar always is; what has no probe of its own is ready as soon as it runs. */
function isProbed({ name, readinessProbe }: Container, { sidecarContainer }: PodSettings): boolean {
  return name === sidecarContainer || readinessProbe !== undefined;
}

/** The first 4 KiB of what the process left for its end, as a kubelet reads it. */
function lastWords(path: string): string {
  try {
    return readFileSync(path).subarray(0, maxMessageBytes).toString("utf8");
  } catch {
    return "";
  }
}

function probeTarget(container: Container): { readonly port: number; readonly path: string } {
  const { port, path } = container.readinessProbe?.httpGet ?? { port: "admin", path: "/readyz" };
  return { port: typeof port === "number" ? port : portOf(container, port, 7090), path };
}

function entryPoint({ command }: Container, { sidecarCommand, imageRoot }: PodSettings): readonly string[] {
  if (command.length === 0) return sidecarCommand;
  return command.map((word) =>
    word === "/usr/local/bin/node" ? process.execPath : word.replace(/^\/app\//, imageRoot),
  );
}
