// The report of the last verification in a ConfigMap: one key per partition, those of an earlier Job make room.
import { fieldManager } from "@retriever/sidecar/contract/names.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { hasCode, OperatorError } from "#errors.ts";
import type { ConfigMapDocument, KubeObject } from "#kube/documents.ts";
import { type KubeRequest, mergePatch } from "#kube/kube-request.ts";
import { apiVersionOf, configMaps, migrations } from "#kube/resources.ts";
import type { KeptReport } from "#ports/jobs.ts";

/** Which Job the report is of. */
const jobAnnotation = "retriever.dev/report-of";
const metadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

type Named = { readonly namespace: string; readonly name: string };

/** Name of the Job whose report is kept; undefined: none. */
export async function readReportOf(
  request: KubeRequest,
  { namespace, name }: Named,
  signal: AbortSignal,
): Promise<string | undefined> {
  const place = { resource: configMaps, namespace, name };
  try {
    const found = (await request({ method: "GET", place, accept: metadataOnly, signal })) as KubeObject;
    return found.metadata?.annotations?.[jobAnnotation];
  } catch (fault) {
    if (hasCode(fault, "ROP_NOT_FOUND")) return undefined;
    throw fault;
  }
}

export type Keeping = { readonly meta: MigrationMeta; readonly name: string; readonly report: KeptReport };

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
    ownerReferences: [{ apiVersion: apiVersionOf(migrations), kind: migrations.kind, name: meta.name, uid: meta.uid }],
  };
  try {
    const there = (await request({ method: "GET", place, signal })) as ConfigMapDocument;
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
  } catch (fault) {
    if (!hasCode(fault, "ROP_NOT_FOUND")) throw fault;
    const body = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...metadata, name, namespace: meta.namespace },
      data: { [key]: report.text },
    };
    const collection = { resource: configMaps, namespace: meta.namespace };
    await request({ method: "POST", place: collection, query: { fieldManager }, body, signal });
  }
}
