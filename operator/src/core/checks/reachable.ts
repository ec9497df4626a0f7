// Preflight's first check: what every pod's probe of the destination found.

import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { Observation } from "../model/observation.ts";
import type { Fact } from "../model/status-readings.ts";
import { answeredStatuses, nameSome, servingPods, storeViews } from "../pods/pods.ts";
import { judgeContentProbe } from "./content.ts";

/** Of one message. */
const mostRemarks = 5;

type Limits = MigrationSpec["thresholds"]["content"];

/**
 * True only when the serving pods reached, authenticated to and found the destination, with the source's dimension and its
 * content. As many as are `excused`, which the plan can do without, may find it otherwise, or say nothing: they are named.
 * Not a third, as elsewhere: a zone without a way to the destination would fail its users after the cutover, and waiting
 * costs nobody anything.
 */
export function judgeReachable(observation: Observation, limits: Limits, excused = 0): Fact {
  const serving = servingPods(observation) ?? [];
  const dimension = usualDimension(storeViews(observation, "source"));
  const answered = answeredStatuses(observation);
  const found = answered.map((pod) => ({ podName: pod.podName, ...findingOf(pod, dimension) }));
  const faults = found.flatMap(({ podName, fault }) => (fault === undefined ? [] : [{ podName, fault }]));
  const told = describeFaults(faults, serving.length);
  if (told !== undefined && faults.length > excused) return told;
  const reached = found.filter(({ isProven, fault }) => isProven && fault === undefined).length;
  const pending = serving.length - reached - faults.length;
  if (reached === 0 || pending + faults.length > excused) {
    return {
      status: "Unknown",
      reason: "NotProbed",
      message: `${pending} of ${serving.length} ${plural(serving.length, "pod has", "pods have")} not probed the destination yet`,
    };
  }
  if (dimension === null) {
    return { status: "Unknown", reason: "SourceNotProbed", message: "no pod knows the source's dimension yet" };
  }
  const content = judgeContentProbe(answered, limits);
  if (content.fault !== undefined) return content.fault;
  const remarks = remarksOf(storeViews(observation, "destination"));
  const odd = told === undefined ? [] : [`but not all: ${told.message}`];
  return {
    status: "True",
    reason: "AllPodsReached",
    message: [
      `${reached} of ${serving.length} ${plural(serving.length, "pod")} reached the destination`,
      `dimension ${dimension}`,
      ...odd,
      ...content.remarks,
      ...remarks,
    ].join("; "),
  };
}

type Finding = { readonly isProven: boolean; readonly fault?: Fact };

function findingOf({ stores }: SidecarStatus, dimension: number | null): Finding {
  const view = stores.find(({ store }) => store === "destination");
  if (view === undefined) return { isProven: false };
  const fault = localFaultOf(view) ?? faultOf(view, dimension);
  return { isProven: isProven(view), ...(fault === undefined ? {} : { fault }) };
}

/** The first of the faults, and whose they are where they aren't everybody's. */
function describeFaults(
  faults: readonly { readonly podName: string; readonly fault: Fact }[],
  pods: number,
): Fact | undefined {
  const [first] = faults;
  if (first === undefined) return undefined;
  const names = faults.length < pods ? `: ${nameSome(faults.map(({ podName }) => podName))}` : "";
  return {
    ...first.fault,
    message: `${first.fault.message} (${faults.length} of ${pods} ${plural(pods, "pod")}${names})`,
  };
}

/** The source's dimension as most pods that know it see it: one that tells another doesn't make all others wrong. */
function usualDimension(views: readonly StoreStatus[]): number | null {
  const seen = views.flatMap(({ dimension }) => (dimension === null ? [] : [dimension]));
  const times = (one: number) => seen.filter((other) => other === one).length;
  return seen.toSorted((a, b) => times(b) - times(a) || a - b)[0] ?? null;
}

/** What makes the destination slow or hides chunks of it, each once, in an order that doesn't change with the pods'. */
function remarksOf(views: readonly StoreStatus[]): string[] {
  return [...new Set(views.flatMap(({ remarks }) => remarks ?? []))].toSorted().slice(0, mostRemarks);
}

function isProven(view: StoreStatus): boolean {
  return view.reachable === true && view.authenticated === true && view.exists === true && view.dimension !== null;
}

/** The first thing wrong with the destination as one pod sees it; undefined while nothing is known to be wrong. */
function faultOf(view: StoreStatus, sourceDimension: number | null): Fact | undefined {
  const where = view.identity.label;
  const cause = view.lastError === null ? "" : `: ${view.lastError.message}`;
  const fail = (reason: string, message: string): Fact => ({ status: "False", reason, message });
  if (view.tls === "failed") return fail("TlsNotVerified", `${where} could not prove who it is${cause}`);
  if (view.reachable === false) return fail("Unreachable", `${where} can't be reached${cause}`);
  if (view.authenticated === false) return fail("CredentialRefused", `${where} refused the credential${cause}`);
  if (view.exists === false) return fail("CollectionMissing", `${where} does not exist${cause}`);
  if (isUnusable(view)) return fail("Unusable", `${where} can't be used as it is configured${cause}`);
  if (view.dimension !== null && sourceDimension !== null && view.dimension !== sourceDimension) {
    return fail(
      "WrongDimension",
      `${where} holds vectors of dimension ${view.dimension}, expected ${sourceDimension} as at the source`,
    );
  }
  return filterFaultOf(view);
}

/** Of the fields that the base lets requests filter by. */
function filterFaultOf({ identity, filterFaults: [fault] = [] }: StoreStatus): Fact | undefined {
  if (fault === undefined) return undefined;
  return { status: "False", reason: "FilterRefused", message: `${identity.label} can't be filtered by ${fault}` };
}

/** That of a pod that refuses to connect. */
function localFaultOf({ lastError }: StoreStatus): Fact | undefined {
  const reason = lastError === null ? undefined : localFaults.get(lastError.code);
  return reason === undefined ? undefined : { status: "False", reason, message: lastError?.message ?? "" };
}

function isUnusable({ dimension, lastError }: StoreStatus): boolean {
  return dimension === null && lastError !== null && unusable.has(lastError.code);
}

/** Of a destination that is there: a column, a vector or a setting isn't what the configuration says. */
const unusable: ReadonlySet<string> = new Set(["RETR_BACKEND_MISSING", "RETR_BACKEND_ANSWER_INVALID"]);

/** Faults that the pod found before it opened a connection, with the reasons they are told by. */
const localFaults: ReadonlyMap<string, string> = new Map([
  ["RETR_CREDENTIAL_MISSING", "CredentialMissing"],
  ["RETR_CREDENTIAL_INVALID", "CredentialInvalid"],
  ["RETR_CREDENTIAL_NOT_ALLOWED", "CredentialNotAllowed"],
  ["RETR_HOST_NOT_ALLOWED", "HostNotAllowed"],
]);

/** Whether the pod itself refuses to connect: no credential, or not an allowed one or host. */
export function isLocalRefusal(code: string): boolean {
  return localFaults.has(code);
}
