// What a scenario does to the pods.
import type { ScenarioEvent } from "#scenario/scenario.ts";
import type { Surroundings, ToyPod } from "./toy-pod.ts";

/** The pods after the change; what counts pods counts from the first. */
export function changePods(
  pods: readonly ToyPod[],
  how: NonNullable<ScenarioEvent["pods"]>,
  addPod: () => ToyPod,
  around: Surroundings,
): readonly ToyPod[] {
  if ("scale" in how) {
    const kept = pods.slice(0, how.scale);
    return [...kept, ...Array.from({ length: how.scale - kept.length }, addPod)];
  }
  if ("replace" in how) {
    return [...pods.slice(how.replace), ...Array.from({ length: Math.min(pods.length, how.replace) }, addPod)];
  }
  if ("restart" in how) for (const pod of pods.slice(0, how.restart)) pod.restart(around);
  if ("silent" in how) for (const pod of pods.slice(0, how.silent)) pod.silent = true;
  if ("stuck" in how) for (const pod of pods.slice(0, how.stuck)) pod.stuck = true;
  return pods;
}
