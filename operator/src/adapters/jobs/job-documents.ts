// CronJobs, Jobs and their pods as the operator sees them: pure translation of documents, in both directions.
import {
  fieldManager,
  repairDigestAnnotation,
  reportPort,
  verifySinceAnnotation,
} from "@retriever/sidecar/contract/names.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { declaredPort } from "#kube/declared-port.ts";
import type { Container, KubeObject, ObjectMeta } from "#kube/documents.ts";
import { instantOf } from "#kube/instants.ts";
import { jobs, ownedBy, typeOf } from "#kube/resources.ts";
import type { JobOfPod, JobPodRead, JobRead, JobTemplateRead, JobWish } from "#ports/jobs.ts";

/** Label of a Job; its value is the migration's uid. */
export const jobLabel = "retriever.dev/migration-uid";
/** Annotation of a Job: the suspended CronJob that its spec equals. */
const templateAnnotation = "retriever.dev/job-template";
const indexAnnotation = "batch.kubernetes.io/job-completion-index";
const maxPartitions = 256;

type JobSpec = {
  readonly completions?: number;
  readonly completionMode?: string;
  readonly template?: {
    readonly metadata?: ObjectMeta;
    readonly spec?: { readonly containers?: readonly Container[] };
  };
};
export type CronJobDocument = {
  readonly metadata?: ObjectMeta;
  readonly spec?: {
    readonly suspend?: boolean;
    readonly jobTemplate?: { readonly metadata?: ObjectMeta; readonly spec?: JobSpec };
  };
};
type JobDocument = {
  readonly metadata?: ObjectMeta;
  readonly spec?: JobSpec;
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
};
type ContainerState = {
  readonly running?: unknown;
  readonly terminated?: { readonly exitCode?: number; readonly finishedAt?: string; readonly message?: string };
};
type JobPodDocument = {
  readonly metadata?: ObjectMeta;
  readonly spec?: { readonly containers?: readonly Container[] };
  readonly status?: {
    readonly podIP?: string;
    readonly containerStatuses?: readonly { readonly name: string; readonly state?: ContainerState }[];
  };
};

/** What the operator needs of a CronJob. */
export function readTemplateDocument({ metadata = {}, spec = {} }: CronJobDocument): JobTemplateRead {
  const containers = spec.jobTemplate?.spec?.template?.spec?.containers ?? [];
  return {
    name: metadata.name ?? "",
    suspended: spec.suspend === true,
    containers: containers.map(({ name }) => name),
  };
}

/** What the operator needs of a Job. */
export function readJobDocument(item: KubeObject): JobRead {
  const { metadata = {}, spec = {}, status = {} } = item as JobDocument;
  const ended = (status.conditions ?? []).find(
    (condition) => condition.status === "True" && (condition.type === "Complete" || condition.type === "Failed"),
  );
  const state = ended === undefined ? "running" : ended.type === "Complete" ? "succeeded" : "failed";
  return {
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    createdAt: instantOf(metadata.creationTimestamp),
    state,
    message: ended?.message?.slice(0, 200) ?? "",
    partitions: partitionsOf(spec),
  };
}

/** A Job that isn't Indexed compares everything in one pod. */
function partitionsOf({ completionMode, completions = 1 }: JobSpec): number {
  return completionMode === "Indexed" ? Math.min(maxPartitions, Math.max(1, completions)) : 1;
}

/**
 * One container of a pod that this Job controls; undefined for any other pod, whatever its labels say. An owner that isn't
 * the controller is no proof: anybody who may create a pod names owners, and the Job's own controller passes such a pod by.
 */
export function readJobPodDocument(item: KubeObject, job: JobOfPod, container: string): JobPodRead | undefined {
  const { metadata = {}, spec = {}, status = {} } = item as JobPodDocument;
  if (!isControlledBy(metadata, job)) return undefined;
  const state = stateOf(status, container);
  return {
    name: metadata.name ?? "",
    partition: Number(metadata.annotations?.[indexAnnotation] ?? 0),
    ip: status.podIP ?? "",
    uid: metadata.uid ?? "",
    ...portOf(spec.containers, container),
    running: state.running !== undefined && state.terminated === undefined,
    ended: endOf(state),
  };
}

/** A Job that is gone has left no uid: its name is its own, as it holds the migration's mark and a number. */
function isControlledBy({ ownerReferences = [] }: ObjectMeta, job: JobOfPod): boolean {
  return ownerReferences.some(
    ({ kind, name, uid, controller }) =>
      kind === jobs.kind && controller === true && (job.uid === null ? name === job.name : uid === job.uid),
  );
}

function portOf(
  containers: readonly Container[] = [],
  container: string,
): Pick<JobPodRead, "reportPort" | "reportTls"> {
  const named = containers.find(({ name }) => name === container);
  const { port = 0, tls } = declaredPort(named, reportPort) ?? {};
  return { reportPort: port, ...(tls === undefined ? {} : { reportTls: tls }) };
}

function stateOf({ containerStatuses = [] }: NonNullable<JobPodDocument["status"]>, container: string): ContainerState {
  return containerStatuses.find(({ name }) => name === container)?.state ?? {};
}

function endOf({ terminated }: ContainerState): JobPodRead["ended"] {
  if (terminated === undefined) return null;
  const { exitCode = -1, finishedAt, message = "" } = terminated;
  return { exitCode, at: instantOf(finishedAt), message };
}

/** A Job whose spec is the template's, but for the annotation that says since when to compare, or what may be repaired. */
export function renderJob(meta: MigrationMeta, wish: JobWish, template: CronJobDocument): unknown {
  const { metadata = {}, spec = {} } = template.spec?.jobTemplate ?? {};
  return {
    ...typeOf(jobs),
    metadata: {
      name: wish.name,
      namespace: meta.namespace,
      labels: { ...metadata.labels, "app.kubernetes.io/managed-by": fieldManager, [jobLabel]: meta.uid },
      annotations: { ...metadata.annotations, [templateAnnotation]: wish.template },
      // Goes with its migration.
      ownerReferences: ownedBy(meta),
    },
    spec: annotated(spec, {
      ...(wish.since === null ? {} : { [verifySinceAnnotation]: wish.since }),
      ...(wish.digest === undefined ? {} : { [repairDigestAnnotation]: wish.digest }),
    }),
  };
}

function annotated(spec: JobSpec, more: Readonly<Record<string, string>>): JobSpec {
  if (Object.keys(more).length === 0) return spec;
  const { metadata = {}, ...rest } = spec.template ?? {};
  const annotations = { ...metadata.annotations, ...more };
  return { ...spec, template: { metadata: { ...metadata, annotations }, ...rest } };
}
