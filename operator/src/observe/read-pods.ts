// The target's pods, and what each running sidecar says of itself.

import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import type { Observation } from "#core/model/observation.ts";
import type { PodObservation, Read } from "#core/model/workload.ts";
import { spansOf } from "#core/time/evidence-spans.ts";
import type { PodRead } from "#ports/cluster.ts";
import type { StatusQuestion } from "#ports/sidecars.ts";
import { mapBounded } from "#timing/bounded.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";
import type { ObserveDeps } from "./observe-deps.ts";

/** Sidecars asked at a time: many enough for one reconcile a second at 100 pods, few enough for a small operator. */
const asked = 20;

export type PodsPlace = {
  readonly namespace: string;
  readonly selector: string;
  readonly plan: MigrationSpec;
  /** What is known of the pods so far: it says up to where the bins of each were taken in. */
  readonly evidence: EpochEvidence | undefined;
};

/** All pods of the selector. A sidecar that doesn't answer is a pod whose status says why. */
export async function readPods(
  place: PodsPlace,
  deps: ObserveDeps,
  deadline: ReadDeadline,
): Promise<Observation["pods"]> {
  const { namespace, selector, plan, evidence } = place;
  const read = await attempt(deadline, "pods", (signal) => deps.cluster.listPods(namespace, selector, signal));
  if (!read.ok) return read;
  const spans = Object.values(spansOf(plan)).map((span) => [span.seconds, span] as const);
  const windows = [...new Map(spans).values()];
  const binsUntil = new Map(evidence?.pods.map((pod) => [pod.uid, pod.binsUntil]));
  const observed = await mapBounded(read.value, asked, (pod) =>
    observePod(pod, { windows, bins: binsUntil.get(pod.uid) ?? 0 }, deps, deadline),
  );
  return { ok: true, value: observed };
}

async function observePod(
  pod: PodRead,
  question: StatusQuestion,
  deps: ObserveDeps,
  deadline: ReadDeadline,
): Promise<PodObservation> {
  const { ip, adminPort, ...rest } = pod;
  const status = await readStatus(pod, (signal) => deps.sidecars.readStatus(ip, adminPort, question, signal), deadline);
  return { ...rest, status: ofThisPod(status, pod) };
}

async function readStatus(
  pod: PodRead,
  call: (signal: AbortSignal) => Promise<SidecarStatus>,
  deadline: ReadDeadline,
): Promise<Read<SidecarStatus>> {
  if (!pod.sidecarRunning) return { ok: false, why: "the sidecar isn't running" };
  if (pod.ip === "") return { ok: false, why: "the pod has no address yet" };
  return attempt(deadline, `sidecar of ${pod.name}`, call);
}

/** An address may have gone to another pod since the list: its answer must not count for this one. */
function ofThisPod(status: Read<SidecarStatus>, pod: PodRead): Read<SidecarStatus> {
  if (!status.ok || status.value.podUid === pod.uid || status.value.podUid === "") return status;
  return { ok: false, why: "another pod answered at this address" };
}
