// The report of the last verification in a ConfigMap: one key per partition, those of an earlier Job make room.
import { fieldManager } from "@retriever/sidecar/contract/names.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { OperatorError } from "#errors.ts";
import type { ConfigMapDocument } from "#kube/documents.ts";
import { type KubeRequest, mergePatch, metadataOf } from "#kube/kube-request.ts";
import { readObject } from "#kube/read-and-write.ts";
import { configMaps, ownedBy, typeOf } from "#kube/resources.ts";
import type { KeptReport } from "#ports/jobs.ts";

/** Which Job the report is of. */
const jobAnnotation = "retriever.dev/report-of";

type Named = { readonly namespace: string; readonly name: string };

/** Name of the Job whose report is kept; undefined: none. */
export async function readReportOf(
  request: KubeRequest,
  { namespace, name }: Named,
  signal: AbortSignal,
): Promise<string | undefined> {
  const place = { resource: configMaps, namespace, name };
  const found = await readObject(request, place, signal, metadataOf("PartialObjectMetadata"));
  return found?.metadata?.annotations?.[jobAnnotation];
}

type Keeping = { readonly meta: MigrationMeta; readonly name: string; readonly report: KeptReport };

/**
 * Adds the partition's key; a map of another Job, or of an earlier migration of this name, is emptied first. A map that
 * isn't a report's is left alone: ROP_CONFLICT.
 */
export async function keepReport(request: KubeRequest, keeping: Keeping, signal: AbortSignal): Promise<void> {
  const { meta, name, report } = keeping;
  const place = { resource: configMaps, namespace: meta.namespace, name };
  const key = `report-${report.partition}.json`;
  const metadata = {
    labels: { "app.kubernetes.io/managed-by": fieldManager },
    annotations: { [jobAnnotation]: report.job },
    ownerReferences: ownedBy(meta),
  };
  const there: ConfigMapDocument | undefined = await readObject(request, place, signal);
  if (there === undefined) {
    const body = {
      ...typeOf(configMaps),
      metadata: { ...metadata, name, namespace: meta.namespace },
      data: { [key]: report.text },
    };
    const collection = { resource: configMaps, namespace: meta.namespace };
    await request({ method: "POST", place: collection, query: { fieldManager }, body, signal });
    return;
  }
  const keeps = there.metadata?.annotations?.[jobAnnotation];
  if (keeps === undefined) {
    throw new OperatorError(
      "ROP_CONFLICT",
      `configmaps ${meta.namespace}/${name} is somebody else's; rename or delete it`,
    );
  }
  const isSame = keeps === report.job;
  const others = isSame ? [] : Object.keys(there.data ?? {}).filter((other) => other !== key);
  const data = { ...Object.fromEntries(others.map((other) => [other, null])), [key]: report.text };
  const body = { metadata: { ...metadata, resourceVersion: there.metadata?.resourceVersion }, data };
  await request({ method: "PATCH", place, query: { fieldManager }, contentType: mergePatch, body, signal });
}
