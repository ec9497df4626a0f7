// The next step of a Deployment: which pods to create and which to delete (rolling update with a surge of one).
// Pure.

type PodFact = {
  readonly name: string;
  readonly hash: string;
  readonly ready: boolean;
  readonly createdAt: string;
};
type RolloutInput = {
  readonly replicas: number;
  readonly hash: string;
  /** Pods that are not being deleted. */
  readonly pods: readonly PodFact[];
};
type RolloutStep = { readonly create: number; readonly remove: readonly string[] };

const surge = 1;

/** What to do now; nothing to do once every replica is of the current template. */
export function planRollout({ replicas, hash, pods }: RolloutInput): RolloutStep {
  const current = pods.filter((pod) => pod.hash === hash);
  const old = pods.filter((pod) => pod.hash !== hash);
  const create = Math.max(0, Math.min(replicas - current.length, replicas + surge - pods.length));
  return { create, remove: [...removableOld(old, pods, replicas), ...surplus(current, replicas)] };
}

/** Old pods that don't serve go at once; serving ones only while enough others serve. */
function removableOld(old: readonly PodFact[], pods: readonly PodFact[], replicas: number): string[] {
  const idle = old.filter((pod) => !pod.ready);
  const serving = old.filter((pod) => pod.ready);
  const spare = Math.max(0, pods.filter((pod) => pod.ready).length - replicas);
  return [...idle, ...serving.slice(0, spare)].map((pod) => pod.name);
}

function surplus(pods: readonly PodFact[], replicas: number): string[] {
  const worstFirst = pods.toSorted((a, b) => Number(a.ready) - Number(b.ready) || (a.createdAt < b.createdAt ? 1 : -1));
  return worstFirst.slice(0, Math.max(0, pods.length - replicas)).map((pod) => pod.name);
}
