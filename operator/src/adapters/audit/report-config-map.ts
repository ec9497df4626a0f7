// The report of a migration that has ended, in one ConfigMap that goes with it.
import { fieldManager } from "@retriever/sidecar/contract/names.ts";
import { configMapNameOf } from "#core/model/config-map-name.ts";
import { OperatorError } from "#errors.ts";
import type { ConfigMapDocument, KubeObject } from "#kube/documents.ts";
import { type KubeRequest, mergePatch, metadataOf } from "#kube/kube-request.ts";
import { readObject } from "#kube/read-and-write.ts";
import { configMaps, ownedBy, typeOf } from "#kube/resources.ts";
import type { AuditSubject, ReportFiles, ReportStore } from "#ports/audit-store.ts";

/** Its value is the migration's uid: a map without it is somebody else's. */
const reportLabel = "retriever.dev/report";
/** Hash of the last record of the evidence that the report was made from. */
const madeFromAnnotation = "retriever.dev/report-made-from";

/** The store over live requests. Holds nothing. */
export function makeReportStore(request: KubeRequest): ReportStore {
  return {
    readHash: async (subject, signal) => {
      const there = await readMetadata(request, subject, signal);
      return isOf(subject, there) ? there?.metadata?.annotations?.[madeFromAnnotation] : undefined;
    },
    write: async (subject, { hash, files }, signal) => {
      const { namespace, uid } = subject;
      const name = configMapNameOf(subject, "report");
      const there = await readMetadata(request, subject, signal);
      if (there !== undefined && !isOf(subject, there))
        throw new OperatorError(
          "ROP_NAME_TAKEN",
          `configmaps ${namespace}/${name} is somebody else's; rename or delete it`,
        );
      const metadata = {
        labels: { "app.kubernetes.io/managed-by": fieldManager, [reportLabel]: uid },
        annotations: { [madeFromAnnotation]: hash },
        ownerReferences: ownedBy(subject),
      };
      const query = { fieldManager };
      const collection = { resource: configMaps, namespace };
      if (there === undefined) {
        const body = { ...typeOf(configMaps), metadata: { ...metadata, name, namespace }, data: files };
        await request({ method: "POST", place: collection, query, body, signal });
        return;
      }
      const body = { metadata: { ...metadata, resourceVersion: there.metadata?.resourceVersion }, data: files };
      const place = { ...collection, name };
      await request({ method: "PATCH", place, query, contentType: mergePatch, body, signal });
    },
  };
}

/** What was kept for this very migration; undefined when there is nothing. */
export async function readKeptReport(
  request: KubeRequest,
  subject: AuditSubject,
  signal: AbortSignal,
): Promise<ReportFiles | undefined> {
  const there: ConfigMapDocument | undefined = await readObject(request, placeOf(subject), signal);
  return isOf(subject, there) ? (there?.data ?? {}) : undefined;
}

function readMetadata(request: KubeRequest, subject: AuditSubject, signal: AbortSignal) {
  return readObject(request, placeOf(subject), signal, metadataOf("PartialObjectMetadata"));
}

function placeOf(subject: AuditSubject) {
  return { resource: configMaps, namespace: subject.namespace, name: configMapNameOf(subject, "report") };
}

function isOf({ uid }: AuditSubject, there: Pick<KubeObject, "metadata"> | undefined): boolean {
  return there?.metadata?.labels?.[reportLabel] === uid;
}
