// The target's pods, and what each running sidecar says of itself.

import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import type { Observation } from "#core/model/observation.ts";
import type { PodObservation, Read } from "#core/model/workload.ts";
import { spansOf } from "#core/time/evidence-spans.ts";
import type { PodRead, WorkloadRead } from "#ports/cluster.ts";
import type { StatusQuestion } from "#ports/sidecars.ts";
import { mapBounded } from "#timing/bounded.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";
import type { ObserveDeps } from "./observe-deps.ts";

/** Sidecars asked at a time: many enough for one reconcile a second at 100 pods, few enough for a small operator. */
const asked = 20;

export type PodsPlace = {
  readonly namespace: string;
  readonly target: string;
  readonly workload: Pick<WorkloadRead, "selector" | "uid">;
  readonly plan: MigrationSpec;
  /** What is known of the pods so far: it says up to where the bins of each were taken in. */
  readonly evidence: EpochEvidence | undefined;
};

/**
 * All pods of the workload. A sidecar that doesn't answer is a pod whose status says why; a pod that only has the labels
 * is none of the workload's: it isn't asked, doesn't count, and is named.
 */
export async function readPods(
  place: PodsPlace,
  deps: ObserveDeps,
  deadline: ReadDeadline,
): Promise<Pick<Observation, "pods" | "unproved">> {
  const { namespace, target, workload, plan, evidence } = place;
  const owner = workload.uid === undefined ? undefined : { name: target, uid: workload.uid };
  const read = await attempt(deadline, "pods", (signal) =>
    deps.cluster.listPods(namespace, workload.selector, signal, owner),
  );
  if (!read.ok) return { pods: read };
  const spans = Object.values(spansOf(plan)).map((span) => [span.seconds, span] as const);
  const windows = [...new Map(spans).values()];
  const binsUntil = new Map(evidence?.pods.map((pod) => [pod.uid, pod.binsUntil]));
  const own = read.value.filter(({ stranger }) => stranger === undefined);
  const observed = await mapBounded(own, asked, (pod) =>
    observePod(pod, { windows, bins: binsUntil.get(pod.uid) ?? 0 }, deps, deadline),
  );
  const unproved = nameUnproved(read.value, observed);
  return { pods: { ok: true, value: observed }, ...(unproved.length === 0 ? {} : { unproved }) };
}

const mostNamed = 20;

function nameUnproved(listed: readonly PodRead[], observed: readonly PodObservation[]): string[] {
  const strangers = listed.flatMap(({ name, stranger, unaskable }) => {
    const why = stranger ?? unaskable;
    return why === undefined ? [] : [`${name}: ${why}`];
  });
  const others = observed.flatMap(({ name, status }) =>
    !status.ok && [elsewhere, nameless].includes(status.why) ? [`${name}: ${status.why}`] : [],
  );
  const all = [...strangers, ...others].toSorted();
  return all.length > mostNamed ? [...all.slice(0, mostNamed), `${all.length - mostNamed} more`] : all;
}

async function observePod(
  pod: PodRead,
  question: StatusQuestion,
  deps: ObserveDeps,
  deadline: ReadDeadline,
): Promise<PodObservation> {
  const { ip, adminPort, stranger: _stranger, unaskable: _unaskable, ...rest } = pod;
  const status = await readStatus(pod, (signal) => deps.sidecars.readStatus(ip, adminPort, question, signal), deadline);
  return { ...rest, status: ofThisPod(status, pod) };
}

async function readStatus(
  pod: PodRead,
  call: (signal: AbortSignal) => Promise<SidecarStatus>,
  deadline: ReadDeadline,
): Promise<Read<SidecarStatus>> {
  if (!pod.sidecarRunning) return { ok: false, why: "the sidecar isn't running" };
  if (pod.unaskable !== undefined) return { ok: false, why: `it isn't asked: ${pod.unaskable}` };
  if (pod.ip === "") return { ok: false, why: "the pod has no address yet" };
  return attempt(deadline, `sidecar of ${pod.name}`, call);
}

const elsewhere = "another pod answered at this address";
const nameless = "its sidecar doesn't know the pod's uid: set RETRIEVER_POD_UID from metadata.uid";

/** An address may have gone to another pod since the list: its answer must not count for this one. */
function ofThisPod(status: Read<SidecarStatus>, pod: PodRead): Read<SidecarStatus> {
  if (!status.ok || (status.value.podUid === pod.uid && pod.uid !== "")) return status;
  const isNameless = status.value.podUid === "" || status.value.podUid === "local";
  return { ok: false, why: isNameless ? nameless : elsewhere };
}
