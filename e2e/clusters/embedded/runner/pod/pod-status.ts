// The status a kubelet would report for a pod, from what the runner knows of its container.
// Pure.
import { type JsonObject, listOf, objectOf } from "../../api/model/json.ts";
import type { Container } from "./pod-shape.ts";
import type { Exit } from "./processes.ts";

export type ContainerState =
  | { readonly kind: "waiting"; readonly reason: string; readonly message: string }
  | { readonly kind: "running"; readonly startedAt: string }
  | { readonly kind: "terminated"; readonly exit: Exit; readonly at: string; readonly message: string };

export type PodFacts = {
  readonly podIp: string;
  readonly containers: readonly Container[];
  /** Init containers that keep running. */
  readonly sidecars: readonly Container[];
  /** The container that runs a real process, and its state. */
  readonly active: string;
  readonly state: ContainerState;
  readonly ready: boolean;
  /** It isn't started again: its end is the pod's. */
  readonly runsOnce: boolean;
  readonly restartCount: number;
  readonly startTime: string;
  readonly now: string;
};

/** The status, with transition times kept from the previous one. */
export function renderPodStatus(facts: PodFacts, previous: unknown): JsonObject {
  const started = facts.state.kind !== "waiting" || facts.restartCount > 0;
  const conditions = [
    condition("ContainersReady", facts.ready, facts, previous),
    condition("Ready", facts.ready, facts, previous),
  ];
  return {
    phase: phaseOf(facts, started),
    hostIP: "127.0.0.1",
    podIP: facts.podIp,
    startTime: facts.startTime,
    conditions,
    containerStatuses: facts.containers.map((container) => containerStatus(container, facts, started)),
    ...(facts.sidecars.length === 0
      ? {}
      : { initContainerStatuses: facts.sidecars.map((container) => containerStatus(container, facts, started)) }),
  };
}

function phaseOf({ state, runsOnce }: PodFacts, started: boolean): string {
  if (runsOnce && state.kind === "terminated") return state.exit.code === 0 ? "Succeeded" : "Failed";
  return started ? "Running" : "Pending";
}

function condition(type: string, holds: boolean, facts: PodFacts, previous: unknown): JsonObject {
  const status = holds ? "True" : "False";
  const old = listOf(objectOf(previous)["conditions"])
    .map(objectOf)
    .find((one) => one["type"] === type);
  const why = holds
    ? {}
    : { reason: "ContainersNotReady", message: `containers with unready status: [${facts.active}]` };
  return {
    type,
    status,
    lastProbeTime: null,
    lastTransitionTime: old?.["status"] === status ? old["lastTransitionTime"] : facts.now,
    ...why,
  };
}

function containerStatus(container: Container, facts: PodFacts, started: boolean): JsonObject {
  const common = { name: container.name, image: container.image, imageID: container.image };
  if (container.name === facts.active) {
    return {
      ...common,
      ready: facts.ready,
      started: facts.state.kind === "running",
      restartCount: facts.restartCount,
      state: stateOf(facts.state),
    };
  }
  const state = started ? { running: { startedAt: facts.startTime } } : { waiting: { reason: "ContainerCreating" } };
  return { ...common, ready: started, started, restartCount: 0, state };
}

const exitCodes: Readonly<Record<string, number>> = { SIGKILL: 137, SIGTERM: 143, SIGINT: 130 };

function stateOf(state: ContainerState): JsonObject {
  if (state.kind === "running") return { running: { startedAt: state.startedAt } };
  if (state.kind === "terminated") {
    const { exit, at, message } = state;
    const exitCode = exit.code ?? exitCodes[exit.signal ?? ""] ?? 1;
    const reason = exitCode === 0 ? "Completed" : "Error";
    return { terminated: { exitCode, reason, finishedAt: at, ...(message === "" ? {} : { message }) } };
  }
  return { waiting: { reason: state.reason, message: state.message } };
}
