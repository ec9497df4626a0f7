// The Job controller: makes the pods of every Job, one per completion, and reports how they ended.
// Steps once per change and at deadlines. Left out: ttlSecondsAfterFinished, suspension of Jobs, exponential backoff.
import { randomBytes } from "node:crypto";
import {
  copy,
  isObject,
  type JsonObject,
  type KubeObject,
  listOf,
  objectOf,
  textOf,
  valueAt,
} from "../api/model/json.ts";
import { timestamp } from "../api/verbs/call.ts";
import { type ClusterAccess, placeOf } from "./cluster-access.ts";

const indexAnnotation = "batch.kubernetes.io/job-completion-index";
const defaultBackoffLimit = 6;

/** One pass over all Jobs and the pods whose Job is gone. Returns when the first deadline passes, in epoch ms. */
export function syncJobs(cluster: ClusterAccess, now: Date): number | undefined {
  const jobs = cluster.jobs();
  const uids = new Set(jobs.map((job) => job.metadata.uid));
  const open = jobs.filter((job) => job.metadata.deletionTimestamp === undefined && !isFinished(job));
  for (const job of open) syncJob(cluster, job, now);
  for (const pod of cluster.pods()) {
    const uid = ownerUid(pod);
    if (uid !== "" && !uids.has(uid) && pod.metadata.deletionTimestamp === undefined) cluster.deletePod(placeOf(pod));
  }
  const deadlines = open.flatMap((job) => deadlineOf(job) ?? []);
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

function ownerUid(pod: KubeObject): string {
  const owner = (pod.metadata.ownerReferences ?? []).find((reference) => reference["controller"] === true);
  return owner?.["kind"] === "Job" ? textOf(owner["uid"]) : "";
}

function syncJob(cluster: ClusterAccess, job: KubeObject, now: Date): void {
  const pods = cluster.pods().filter((pod) => ownerUid(pod) === job.metadata.uid);
  const failed = pods.filter((pod) => phaseOf(pod) === "Failed");
  const done = new Set(pods.filter((pod) => phaseOf(pod) === "Succeeded").map(indexOf));
  const active = pods.filter((pod) => !["Failed", "Succeeded"].includes(phaseOf(pod)));
  const counts = { active: active.length, succeeded: done.size, failed: failed.length };
  const completions = numberAt(job, "completions", 1);
  const verdict = endOf(job, { done: done.size, completions, failed, now });
  if (verdict !== undefined) {
    for (const pod of active) cluster.deletePod(placeOf(pod));
    cluster.writeJobStatus(placeOf(job), { ...counts, active: 0, conditions: [condition(verdict, now)] });
    return;
  }
  const busy = new Set(active.map(indexOf));
  const open = Array.from({ length: completions }, (_, index) => index).filter(
    (one) => !done.has(one) && !busy.has(one),
  );
  const room = Math.max(0, numberAt(job, "parallelism", 1) - active.length);
  for (const index of open.slice(0, room))
    cluster.createPod(podOf(job, index), placeOf(job).namespace, "job-controller");
  cluster.writeJobStatus(placeOf(job), { startTime: valueAt(job, "status", "startTime") ?? timestamp(now), ...counts });
}

type Verdict = { readonly type: "Complete" | "Failed"; readonly reason: string; readonly message: string };
type Progress = {
  readonly done: number;
  readonly completions: number;
  readonly failed: readonly KubeObject[];
  readonly now: Date;
};

function endOf(job: KubeObject, { done, completions, failed, now }: Progress): Verdict | undefined {
  if (done >= completions) return { type: "Complete", reason: "CompletionsReached", message: "" };
  const rule = failed.find((pod) => isFinalFailure(job, pod));
  if (rule !== undefined) {
    const message = `Container of pod ${rule.metadata.name} matched a FailJob rule`;
    return { type: "Failed", reason: "PodFailurePolicy", message };
  }
  if (failed.length > numberAt(job, "backoffLimit", defaultBackoffLimit))
    return { type: "Failed", reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit" };
  if (now.getTime() < (deadlineOf(job) ?? Number.POSITIVE_INFINITY)) return undefined;
  return { type: "Failed", reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" };
}

/** Epoch ms; undefined until the Job has begun, and for one that may take as long as it likes. */
function deadlineOf(job: KubeObject): number | undefined {
  const seconds = numberAt(job, "activeDeadlineSeconds", Number.POSITIVE_INFINITY);
  const at = Date.parse(textOf(valueAt(job, "status", "startTime"))) + seconds * 1000;
  return Number.isFinite(at) ? at : undefined;
}

/** A FailJob rule of the pod failure policy, by exit code. Other rules are left out. */
function isFinalFailure(job: KubeObject, pod: KubeObject): boolean {
  const codes = listOf(valueAt(pod, "status", "containerStatuses")).flatMap((status) => {
    const code = valueAt(status, "state", "terminated", "exitCode");
    return typeof code === "number" ? [code] : [];
  });
  return listOf(valueAt(job, "spec", "podFailurePolicy", "rules")).some((rule) => {
    const { action, onExitCodes } = objectOf(rule);
    if (action !== "FailJob" || !isObject(onExitCodes)) return false;
    const values = listOf(onExitCodes["values"]);
    return codes.some((code) => values.includes(code) === (onExitCodes["operator"] === "In"));
  });
}

function condition({ type, reason, message }: Verdict, now: Date): JsonObject {
  const at = timestamp(now);
  return { type, status: "True", reason, message, lastProbeTime: at, lastTransitionTime: at };
}

function isFinished(job: KubeObject): boolean {
  return listOf(valueAt(job, "status", "conditions")).some((one) => {
    const { type, status } = objectOf(one);
    return (type === "Complete" || type === "Failed") && status === "True";
  });
}

function phaseOf(pod: KubeObject): string {
  return textOf(valueAt(pod, "status", "phase"));
}

function indexOf(pod: KubeObject): number {
  return Number(pod.metadata.annotations?.[indexAnnotation] ?? 0);
}

function numberAt(job: KubeObject, field: string, fallback: number): number {
  const value = valueAt(job, "spec", field);
  return typeof value === "number" ? value : fallback;
}

function podOf(job: KubeObject, index: number): JsonObject {
  const { namespace, name } = placeOf(job);
  const template = copy(objectOf(valueAt(job, "spec", "template")));
  const metadata = objectOf(template["metadata"]);
  const isIndexed = valueAt(job, "spec", "completionMode") === "Indexed";
  const { uid } = job.metadata;
  const owner = { apiVersion: "batch/v1", kind: "Job", name, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${name}-${isIndexed ? `${index}-` : ""}${randomBytes(3).toString("hex").slice(0, 5)}`,
      namespace,
      labels: {
        ...objectOf(metadata["labels"]),
        "job-name": name,
        "batch.kubernetes.io/job-name": name,
        "batch.kubernetes.io/controller-uid": uid ?? "",
      },
      annotations: {
        ...objectOf(metadata["annotations"]),
        ...(isIndexed ? { [indexAnnotation]: String(index) } : {}),
      },
      ownerReferences: [owner],
    },
    spec: isIndexed ? withIndex(objectOf(template["spec"]), index) : template["spec"],
  };
}

/** Every container of an Indexed Job knows which completion it is. */
function withIndex(spec: JsonObject, index: number): JsonObject {
  const containers = listOf(spec["containers"]).map((one) => {
    const container = objectOf(one);
    const env = [...listOf(container["env"]), { name: "JOB_COMPLETION_INDEX", value: String(index) }];
    return { ...container, env };
  });
  return { ...spec, containers };
}
