// The Jobs port on a Kubernetes API: live reads, creations that are success when they were made before.
import { hasCode, OperatorError } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import type { KubeRequest } from "#kube/kube-request.ts";
import { listAll } from "#kube/listing.ts";
import { readObject } from "#kube/read-and-write.ts";
import { cronJobs, jobs, type Place, pods } from "#kube/resources.ts";
import type { Jobs } from "#ports/jobs.ts";
import {
  type CronJobDocument,
  jobLabel,
  readJobDocument,
  readJobPodDocument,
  readTemplateDocument,
  renderJob,
} from "./job-documents.ts";
import { placeReports } from "./place-reports.ts";
import { keepReport, readReportOf } from "./report-config-map.ts";

/** Jobs over live requests. Holds nothing. */
export function makeKubernetesJobs(request: KubeRequest): Jobs {
  const get = (place: Place, signal: AbortSignal) => readObject(request, place, signal);
  return {
    readTemplate: async (namespace, name, signal) => {
      const found = await get({ resource: cronJobs, namespace, name }, signal);
      return found === undefined ? undefined : readTemplateDocument(found as CronJobDocument);
    },
    listJobs: async (namespace, migrationUid, signal) => {
      const labelSelector = `${jobLabel}=${migrationUid}`;
      const pick = (item: KubeObject) =>
        item.metadata?.deletionTimestamp === undefined ? [readJobDocument(item)] : [];
      const found = await listAll(
        request,
        { place: { resource: jobs, namespace }, query: { labelSelector } },
        pick,
        signal,
      );
      return found.toSorted((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1));
    },
    listPods: async (namespace, job, container, signal) => {
      const labelSelector = `batch.kubernetes.io/job-name=${job.name}`;
      const pick = (item: KubeObject) => [readJobPodDocument(item, job, container) ?? []].flat();
      return listAll(request, { place: { resource: pods, namespace }, query: { labelSelector } }, pick, signal);
    },
    createJob: async (meta, wish, signal) => {
      const { namespace } = meta;
      const template = (await request({
        method: "GET",
        place: { resource: cronJobs, namespace, name: wish.template },
        signal,
      })) as CronJobDocument;
      if (!readTemplateDocument(template).suspended)
        throw new OperatorError("ROP_INVALID", `cronjobs.batch ${namespace}/${wish.template}: expected suspend: true`);
      try {
        const body = renderJob(meta, wish, template);
        await request({ method: "POST", place: { resource: jobs, namespace }, body, signal });
      } catch (fault) {
        if (!hasCode(fault, "ROP_CONFLICT")) throw fault;
        const there = await get({ resource: jobs, namespace, name: wish.name }, signal);
        if (there?.metadata?.labels?.[jobLabel] !== meta.uid) throw takenBy(there, fault);
      }
    },
    deleteJob: async (meta, name, signal) => {
      const place = { resource: jobs, namespace: meta.namespace, name };
      const there = await get(place, signal);
      if (there?.metadata?.labels?.[jobLabel] !== meta.uid) return;
      const preconditions = { uid: there.metadata.uid };
      const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background", preconditions };
      try {
        await request({ method: "DELETE", place, body, signal });
      } catch (fault) {
        if (!hasCode(fault, "ROP_NOT_FOUND") && !hasCode(fault, "ROP_CONFLICT")) throw fault;
      }
    },
    readReportOf: (namespace, configMap, signal) => readReportOf(request, { namespace, name: configMap }, signal),
    keepReport: (meta, configMap, report, signal) => keepReport(request, { meta, name: configMap, report }, signal),
    placeReports: (meta, move, overlay, signal) => placeReports(request, { meta, ...move, overlay }, signal),
  };
}

/** What is in a Job's way; gone again, the next pass makes the Job. */
function takenBy(there: KubeObject | undefined, fault: unknown): unknown {
  if (there === undefined) return fault;
  const { namespace, name } = there.metadata ?? {};
  return new OperatorError("ROP_NAME_TAKEN", `jobs.batch ${namespace}/${name} is somebody else's; delete it`);
}
