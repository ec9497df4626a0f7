// The Job controller: makes the pods of every Job, one per completion, and reports how they ended.
// Steps once per change and at deadlines. Left out: ttlSecondsAfterFinished, suspension of Jobs, exponential backoff.
import { isObject, type JsonObject, type KubeObject, listOf, objectOf, textOf, valueAt } from "../api/model/json.ts";
import { timestamp } from "../api/verbs/call.ts";
import { deleteOrphans, phaseOf, podOf, podsByOwner } from "./controlled-pods.ts";
import { type ClusterAccess, placeOf } from "./pod/cluster-access.ts";

const indexAnnotation = "batch.kubernetes.io/job-completion-index";
const defaultBackoffLimit = 6;

/** One pass over all Jobs and the pods whose Job is gone. Returns when the first deadline passes, in epoch ms. */
export function syncJobs(cluster: ClusterAccess, now: Date): number | undefined {
  const jobs = cluster.jobs();
  const open = jobs.filter((job) => job.metadata.deletionTimestamp === undefined && !isFinished(job));
  for (const job of open) syncJob(cluster, job, now);
  deleteOrphans(cluster, "Job", jobs);
  const deadlines = open.flatMap((job) => deadlineOf(job) ?? []);
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

function syncJob(cluster: ClusterAccess, job: KubeObject, now: Date): void {
  const pods = podsByOwner(cluster, "Job").get(job.metadata.uid) ?? [];
  const failed = pods.filter((pod) => phaseOf(pod) === "Failed");
  const done = new Set(pods.filter((pod) => phaseOf(pod) === "Succeeded").map(indexOf));
  const active = pods.filter((pod) => !["Failed", "Succeeded"].includes(phaseOf(pod)));
  const counts = { active: active.length, succeeded: done.size, failed: failed.length };
  const completions = numberAt(job, "completions", 1);
  const verdict = endOf(job, { done: done.size, completions, failed, now });
  if (verdict !== undefined) {
    for (const pod of active) cluster.deletePod(placeOf(pod));
    cluster.writeStatus(job, { ...counts, active: 0, conditions: [condition(verdict, now)] });
    return;
  }
  const busy = new Set(active.map(indexOf));
  const open = Array.from({ length: completions }, (_, index) => index).filter(
    (one) => !done.has(one) && !busy.has(one),
  );
  const room = Math.max(0, numberAt(job, "parallelism", 1) - active.length);
  for (const index of open.slice(0, room))
    cluster.createPod(completionPod(job, index), placeOf(job).namespace, "job-controller");
  cluster.writeStatus(job, { startTime: valueAt(job, "status", "startTime") ?? timestamp(now), ...counts });
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

function indexOf(pod: KubeObject): number {
  return Number(pod.metadata.annotations?.[indexAnnotation] ?? 0);
}

function numberAt(job: KubeObject, field: string, fallback: number): number {
  const value = valueAt(job, "spec", field);
  return typeof value === "number" ? value : fallback;
}

function completionPod(job: KubeObject, index: number): JsonObject {
  const { name, uid = "" } = job.metadata;
  const labels = { "job-name": name, "batch.kubernetes.io/job-name": name, "batch.kubernetes.io/controller-uid": uid };
  if (valueAt(job, "spec", "completionMode") !== "Indexed") return podOf(job, { infix: "", labels });
  const pod = podOf(job, { infix: `${index}-`, labels, annotations: { [indexAnnotation]: String(index) } });
  return { ...pod, spec: withIndex(objectOf(pod["spec"]), index) };
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
