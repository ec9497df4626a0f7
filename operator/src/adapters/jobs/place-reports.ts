// The reports that a person agreed to, where the pods of the repair look for them: a ConfigMap by the name of the workload,
// which their CronJob can mount, beside the overlay that says which store is which. What they hold is proved by the Job.
import { overlayFileName } from "@retriever/sidecar/contract/overlay.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { OperatorError } from "#errors.ts";
import type { ConfigMapDocument } from "#kube/documents.ts";
import type { KubeRequest } from "#kube/kube-request.ts";
import { readObject } from "#kube/read-and-write.ts";
import { configMaps } from "#kube/resources.ts";
import type { ReportMove } from "#ports/jobs.ts";
import { reportAnnotations, writeReportMap } from "./report-config-map.ts";

type Placing = ReportMove & { readonly meta: MigrationMeta; readonly overlay: string };

/** Rejects with ROP_NOT_FOUND where no report is kept, with ROP_NAME_TAKEN where the other map is somebody else's. */
export async function placeReports(
  request: KubeRequest,
  { meta, from, to, overlay }: Placing,
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = meta;
  const read = async (name: string): Promise<ConfigMapDocument | undefined> =>
    readObject(request, { resource: configMaps, namespace, name }, signal);
  const [kept, there] = await Promise.all([read(from), read(to)]);
  const annotations = kept === undefined ? undefined : reportAnnotations(kept);
  if (annotations === undefined)
    throw new OperatorError("ROP_NOT_FOUND", `configmaps ${namespace}/${from} keeps no report`);
  const reports = Object.entries(kept?.data ?? {}).filter(([key]) => /^report-\d{1,4}\.json$/.test(key));
  const data = { ...Object.fromEntries(reports), [overlayFileName]: overlay };
  await writeReportMap(request, { meta, name: to, there, annotations, data, isWhole: true }, signal);
}
