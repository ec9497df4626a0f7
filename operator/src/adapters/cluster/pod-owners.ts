// Whose a pod is: labels are anybody's, so it must be controlled by the workload, or by a ReplicaSet that is.
import { printable } from "@retriever/stores/values/printable.ts";
import { hasCode } from "#errors.ts";
import type { KubeObject, ObjectMeta, OwnerReference } from "#kube/documents.ts";
import { type KubeRequest, metadataOf } from "#kube/kube-request.ts";
import { readObject } from "#kube/read-and-write.ts";
import { replicaSets } from "#kube/resources.ts";
import type { Clock } from "#ports/clock.ts";
import type { PodOwner } from "#ports/cluster.ts";

/** Why each pod isn't the owner's; undefined: it is. In the order of the pods. */
type ProveOwner = (
  namespace: string,
  pods: readonly KubeObject[],
  owner: PodOwner,
  signal: AbortSignal,
) => Promise<readonly (string | undefined)[]>;

/** ReplicaSets looked up for one list: a rollout brings one, and strangers may name any number. */
const mostLookups = 10;
const mostKnown = 10_000;
/** A ReplicaSet that isn't the owner's is looked up again after this: one that was orphaned may be adopted. */
const refutedMs = 120_000;
const longestName = 100;

type Lookup = { readonly key: string; readonly name: string; readonly uid: string };

/** What is known of a ReplicaSet: that it is the owner's, or why not, and when it was asked (monotonic ms). */
type Answer = { readonly isOwned: boolean; readonly why?: string; readonly at: number };

/** A ReplicaSet once proved isn't looked up again; one that isn't only now and then, after those never asked. */
export function makeProveOwner(request: KubeRequest, clock: Pick<Clock, "elapsed">): ProveOwner {
  const answers = new Map<string, Answer>();
  return async (namespace, pods, owner, signal) => {
    const keyOf = ({ uid = "" }: OwnerReference) => `${uid} ${owner.uid}`;
    const controllers = pods.map(({ metadata = {} }) => controllerOf(metadata));
    const asked = controllers.flatMap((one): Lookup[] =>
      one?.kind === "ReplicaSet" && one.uid !== undefined && isName(one.name)
        ? [{ key: keyOf(one), name: one.name, uid: one.uid }]
        : [],
    );
    const now = clock.elapsed();
    const lookups = nextLookups(asked, answers, owner, now).map(async (one): Promise<[string, Answer]> => {
      const place = { resource: replicaSets, namespace, name: one.name };
      return [one.key, { ...(await lookUp(request, place, { uid: one.uid, owner }, signal)), at: now }];
    });
    for (const [key, answer] of await Promise.all(lookups)) remember(answers, key, answer);
    return controllers.map((one) => {
      if (one === undefined) return "no controller owns it";
      const answer = one.kind === "ReplicaSet" ? answers.get(keyOf(one)) : undefined;
      if ((one.kind === "Deployment" && one.uid === owner.uid) || answer?.isOwned === true) return undefined;
      const why = answer?.why === undefined ? "" : ` (${answer.why})`;
      return `${shown(one.kind)} ${shown(one.name)} owns it, which isn't of Deployment ${owner.name}${why}`;
    });
  };
}

/**
 * Names as a Deployment gives them come first, then whoever was never asked, then whoever was asked longest ago: however
 * many ReplicaSets strangers name, the turn of each comes.
 */
function nextLookups(
  asked: readonly Lookup[],
  answers: ReadonlyMap<string, Answer>,
  owner: PodOwner,
  now: number,
): readonly Lookup[] {
  const askedAt = ({ key }: Lookup) => answers.get(key)?.at ?? Number.NEGATIVE_INFINITY;
  const isDue = ({ key }: Lookup) => {
    const answer = answers.get(key);
    return answer === undefined || (!answer.isOwned && now - answer.at >= refutedMs);
  };
  const rank = ({ name }: Lookup) => (name.startsWith(`${owner.name}-`) ? 0 : 1);
  const due = [...new Map(asked.filter(isDue).map((one) => [one.key, one])).values()];
  return due.toSorted((a, b) => rank(a) - rank(b) || Math.sign(askedAt(a) - askedAt(b)) || 0).slice(0, mostLookups);
}

/** What can't be found or may not be read proves nothing; any other failure fails the list, which would lack our own pods. */
async function lookUp(
  request: KubeRequest,
  place: Parameters<typeof readObject>[1],
  { uid, owner }: Pick<Lookup, "uid"> & { readonly owner: PodOwner },
  signal: AbortSignal,
): Promise<Pick<Answer, "isOwned" | "why">> {
  try {
    const found = (await readObject(request, place, signal, metadataOf("PartialObjectMetadata")))?.metadata ?? {};
    return { isOwned: found.uid === uid && controllerOf(found)?.uid === owner.uid };
  } catch (fault) {
    if (hasCode(fault, "ROP_FORBIDDEN")) return { isOwned: false, why: "the lookup was refused" };
    throw fault;
  }
}

/** When there are too many, what was refuted goes first. */
function remember(answers: Map<string, Answer>, key: string, answer: Answer): void {
  answers.delete(key);
  if (answers.size >= mostKnown) for (const [old, { isOwned }] of answers) if (!isOwned) answers.delete(old);
  if (answers.size >= mostKnown) answers.clear();
  answers.set(key, answer);
}

/** A DNS subdomain name, as the API server gives its objects: any other would ask for something else in the path. */
function isName(name: string | undefined): name is string {
  if (name === undefined || name.length > 253) return false;
  return name.split(".").every((label) => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(label));
}

/** What somebody else wrote, as it may be told. */
function shown(text = "without a name"): string {
  const plain = printable(text);
  return plain.length > longestName ? `${plain.slice(0, longestName - 1)}…` : plain;
}

function controllerOf({ ownerReferences = [] }: ObjectMeta): OwnerReference | undefined {
  return ownerReferences.find(({ controller, uid }) => controller === true && uid !== undefined && uid !== "");
}
