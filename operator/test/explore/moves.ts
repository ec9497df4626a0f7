// What can happen between two reconciles: faults, what people ask for, and what heals.
import { origin } from "./plan.ts";
import { restart } from "./sidecar.ts";
import type { Job, Pod, World } from "./world.ts";

type Change = {
  readonly name: string;
  /** Faults cost; healing and the answers that the operator waits for don't. */
  readonly isFault: boolean;
  readonly to: World;
};

/** Every change that can happen to a world while nobody reconciles. */
export function changesOf(world: World): Change[] {
  if (world.gone) return [];
  return [...podFaults(world), ...objectFaults(world), ...heals(world), ...jobEnds(world)];
}

function fault(name: string, to: World): Change {
  return { name, isFault: true, to };
}

function free(name: string, to: World): Change {
  return { name, isFault: false, to };
}

function withPod(world: World, index: 0 | 1, change: (pod: Pod) => Pod): World {
  const [a, b] = world.pods;
  return { ...world, pods: index === 0 ? [change(a), b] : [a, change(b)] };
}

function podFaults(world: World): Change[] {
  return ([0, 1] as const).flatMap((index) => [
    fault(
      `pod ${index + 1} restarts`,
      withPod(world, index, (pod) => restart(pod, world, origin)),
    ),
    ...(world.pods[index].deaf
      ? []
      : [
          fault(
            `pod ${index + 1} stops reading its files`,
            withPod(world, index, (pod) => ({ ...pod, deaf: true })),
          ),
        ]),
  ]);
}

function objectFaults(world: World): Change[] {
  const { overlay, deleting, finalizer, base, status } = world;
  const ours = overlay !== null && !overlay.foreign ? overlay : undefined;
  return [
    ...(base === "source" && status.phase !== "Completed"
      ? [fault("the base names the destination", { ...world, base: "destination" })]
      : []),
    ...(overlay === null ? [] : [fault("the overlay is torn away", { ...world, overlay: null })]),
    ...(overlay === null || overlay.deleting
      ? []
      : [fault("the overlay is deleted", { ...world, overlay: { ...overlay, deleting: true } })]),
    ...(ours === undefined
      ? []
      : [fault("another manager edits the overlay", { ...world, overlay: { ...ours, doc: null, foreign: true } })]),
    ...(deleting ? [] : [fault("the migration is deleted", { ...world, deleting: true, gone: !finalizer })]),
  ];
}

/** What the operator waits for comes, and what was broken works again. */
function heals(world: World): Change[] {
  const { status, overlay } = world;
  return [
    ...(status.phase === "Completed" && world.base === "source"
      ? [free("the base names the destination", { ...world, base: "destination" })]
      : []),
    ...(status.phase !== "Completed" && world.base === "destination"
      ? [free("the base names the source again", { ...world, base: "source" })]
      : []),
    ...(overlay?.foreign === true
      ? [free("the other manager leaves the overlay", { ...world, overlay: { ...overlay, foreign: false } })]
      : []),
    ...environment(world),
  ];
}

function environment(world: World): Change[] {
  const healed = healEnvironment(world);
  return healed === world ? [] : [free("the pods read their files again", healed)];
}

/** The comparison ends. That there is an answer is what it is for; that it has none is a fault. */
function jobEnds(world: World): Change[] {
  const { job, status } = world;
  if (job === null || job.state !== "running") return [];
  const as = (state: Job["state"]): World => ({ ...world, job: { ...job, state } });
  // Nobody waits for its answer any more.
  if (status.phase !== "VerifyingDrift") return [free("the Job ends", as("equal"))];
  return [
    free("the Job finds no difference", as("equal")),
    free("the Job finds a difference", as("drift")),
    fault("the Job can't say", as("unknown")),
    fault("the Job is deleted", { ...world, job: null }),
  ];
}

/** Every pod reads its files. */
export function healEnvironment(world: World): World {
  if (!world.pods.some((pod) => pod.deaf)) return world;
  const hear = (pod: Pod): Pod => (pod.deaf ? { ...pod, deaf: false } : pod);
  return { ...world, pods: [hear(world.pods[0]), hear(world.pods[1])] };
}
