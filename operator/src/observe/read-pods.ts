// The target's pods, and what each running sidecar says of itself.

import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import { adminServerName } from "@retriever/sidecar/contract/names.ts";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import type { Observation } from "#core/model/observation.ts";
import { type PodPeer, peerOf } from "#core/model/pod-peer.ts";
import type { PodObservation, Read } from "#core/model/workload.ts";
import { binsFrom } from "#core/pods/processes.ts";
import { spansOf } from "#core/time/evidence-spans.ts";
import type { PodRead, WorkloadRead } from "#ports/cluster.ts";
import type { StatusQuestion } from "#ports/sidecars.ts";
import { mapBounded } from "#timing/bounded.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";
import type { ObserveDeps } from "./observe-deps.ts";

/** Sidecars asked at a time: many enough for one reconcile a second at 100 pods, few enough for a small operator. */
const asked = 20;
/** In a larger fleet the eighth part of it, so that one that doesn't answer at all is heard out in eight deadlines. */
const askedShare = 1 / 8;
/** All pods together have so long. Who wasn't asked by then is asked first in the next pass. */
const askingMs = 3000;

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
  const from = binsFrom(evidence);
  const own = read.value.filter(({ stranger }) => stranger === undefined);
  const serverName = adminServerName(target, namespace);
  const asking = (pod: PodRead): Asking => ({
    question: { windows, bins: from(pod.uid) },
    peer: peerOf({ address: pod.ip, port: pod.adminPort, uid: pod.uid, tls: pod.adminTls }, serverName),
  });
  const observed = await observeAll(own, asking, deps, deadline);
  const unproved = nameUnproved(read.value, observed);
  return { pods: { ok: true, value: observed }, ...(unproved.length === 0 ? {} : { unproved }) };
}

type Asking = { readonly question: StatusQuestion; readonly peer: PodPeer };

/** In the order of the list; asked in another one: whoever hasn't answered of late comes last. */
async function observeAll(
  pods: readonly PodRead[],
  askingOf: (pod: PodRead) => Asking,
  deps: ObserveDeps,
  deadline: ReadDeadline,
): Promise<PodObservation[]> {
  const { clock, silentPods } = deps;
  const atOnce = Math.max(asked, Math.ceil(pods.length * askedShare));
  const isLarge = pods.length > asked;
  const endAt = clock.elapsed() + askingMs;
  const failures = ({ uid }: PodRead) => silentPods?.failures(uid) ?? 0;
  const order = isLarge ? pods.toSorted((a, b) => failures(a) - failures(b)) : pods;
  const observed = new Map<PodRead, PodObservation>();
  await mapBounded(order, atOnce, async (pod) => {
    const leftMs = endAt - clock.elapsed();
    if (isLarge && (leftMs <= 0 || silentPods?.isResting(pod.uid) === true)) {
      const why = leftMs <= 0 ? "too many pods took too long; it is asked next time" : "it hasn't answered of late";
      observed.set(pod, withStatus(pod, { ok: false, why }));
      return;
    }
    const limited = isLarge ? { ...deadline, deadlineMs: Math.min(deadline.deadlineMs, leftMs) } : deadline;
    const found = await observePod(pod, askingOf(pod), deps, limited);
    if (pod.sidecarRunning && pod.ip !== "") silentPods?.note(pod.uid, found.status.ok);
    observed.set(pod, found);
  });
  return pods.flatMap((pod) => observed.get(pod) ?? []);
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
  { peer, question }: Asking,
  deps: ObserveDeps,
  deadline: ReadDeadline,
): Promise<PodObservation> {
  const status = await readStatus(pod, (signal) => deps.sidecars.readStatus(peer, question, signal), deadline);
  return withStatus(pod, ofThisPod(status, pod));
}

function withStatus(pod: PodRead, status: Read<SidecarStatus>): PodObservation {
  const {
    ip: _ip,
    adminPort: _adminPort,
    adminTls: _adminTls,
    stranger: _stranger,
    unaskable: _unaskable,
    ...rest
  } = pod;
  return { ...rest, status };
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
