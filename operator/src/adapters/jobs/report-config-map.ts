// The reports of the last verification in a ConfigMap: one key per partition, those of an earlier Job make room.
import { fieldManager } from "@retriever/sidecar/contract/names.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { OperatorError } from "#errors.ts";
import type { ConfigMapDocument } from "#kube/documents.ts";
import { type KubeRequest, mergePatch, metadataOf } from "#kube/kube-request.ts";
import { readObject } from "#kube/read-and-write.ts";
import { configMaps, ownedBy, typeOf } from "#kube/resources.ts";
import type { KeptReport, KeptReports } from "#ports/jobs.ts";

/** Which Job the reports are of. */
const jobAnnotation = "retriever.dev/report-of";
/** Digests of the reports, `partition:digest` with commas between them. */
const digestsAnnotation = "retriever.dev/report-digests";

const ownLabel = "app.kubernetes.io/managed-by";

type Named = { readonly namespace: string; readonly name: string };
type Annotations = Readonly<Record<string, string>>;

/** Name of the Job whose reports are kept, and their digests; undefined: none. */
export async function readReportOf(
  request: KubeRequest,
  { namespace, name }: Named,
  signal: AbortSignal,
): Promise<KeptReports | undefined> {
  const place = { resource: configMaps, namespace, name };
  const found = await readObject(request, place, signal, metadataOf("PartialObjectMetadata"));
  const annotations = found === undefined ? undefined : reportAnnotations(found);
  const job = annotations?.[jobAnnotation];
  if (annotations === undefined || job === undefined) return undefined;
  const digests = digestsIn(annotations);
  const gap = [...digests.keys(), digests.size].findIndex((_, index) => !digests.has(index));
  return { job, digests: Array.from({ length: gap }, (_, index) => digests.get(index) ?? "") };
}

/** By partition. Somebody may have written anything there. */
function digestsIn({ [digestsAnnotation]: text = "" }: Annotations): Map<number, string> {
  const entries = text.matchAll(/(?:^|,)(0|[1-9]\d{0,3}):([0-9a-f]{64})(?=,|$)/g);
  return new Map([...entries].map(([, partition, digest = ""]) => [Number(partition), digest]));
}

type Keeping = { readonly meta: MigrationMeta; readonly name: string; readonly report: KeptReport };

/**
 * Adds the partition's key; a map of another Job, or of an earlier migration of this name, is emptied first. A map that
 * isn't a report's is left alone: ROP_NAME_TAKEN.
 */
export async function keepReport(request: KubeRequest, keeping: Keeping, signal: AbortSignal): Promise<void> {
  const { meta, name, report } = keeping;
  const place = { resource: configMaps, namespace: meta.namespace, name };
  const there: ConfigMapDocument | undefined = await readObject(request, place, signal);
  const before = there?.metadata?.annotations ?? {};
  const isSame = before[jobAnnotation] === report.job;
  const digests = (isSame ? digestsIn(before) : new Map<number, string>()).set(report.partition, report.digest);
  const annotations = {
    [jobAnnotation]: report.job,
    [digestsAnnotation]: [...digests].map(([partition, digest]) => `${partition}:${digest}`).join(","),
  };
  const data = { [`report-${report.partition}.json`]: report.text };
  await writeReportMap(request, { meta, name, there, annotations, data, isWhole: !isSame }, signal);
}

type Writing = {
  readonly meta: MigrationMeta;
  readonly name: string;
  /** As it was read; undefined: it isn't there. */
  readonly there: ConfigMapDocument | undefined;
  readonly annotations: Annotations;
  readonly data: Readonly<Record<string, string>>;
  /** Other keys go. */
  readonly isWhole: boolean;
};

/** Creates it, or changes it as it was read. One that no operator made for reports is left alone: ROP_NAME_TAKEN. */
export async function writeReportMap(request: KubeRequest, writing: Writing, signal: AbortSignal): Promise<void> {
  const { meta, name, there, data, isWhole } = writing;
  const { namespace } = meta;
  const place = { resource: configMaps, namespace, name };
  const metadata = {
    labels: { [ownLabel]: fieldManager },
    annotations: writing.annotations,
    ownerReferences: ownedBy(meta),
  };
  if (there === undefined) {
    const body = { ...typeOf(configMaps), metadata: { ...metadata, name, namespace }, data };
    await request({
      method: "POST",
      place: { resource: configMaps, namespace },
      query: { fieldManager },
      body,
      signal,
    });
    return;
  }
  if (reportAnnotations(there) === undefined)
    throw new OperatorError(
      "ROP_NAME_TAKEN",
      `configmaps ${namespace}/${name} is somebody else's; rename or delete it`,
    );
  const others = isWhole ? Object.keys(there.data ?? {}).filter((other) => !(other in data)) : [];
  const changed = { ...Object.fromEntries(others.map((other) => [other, null])), ...data };
  const body = { metadata: { ...metadata, resourceVersion: there.metadata?.resourceVersion }, data: changed };
  await request({ method: "PATCH", place, query: { fieldManager }, contentType: mergePatch, body, signal });
}

/**
 * The annotations that say whose reports a map holds; undefined: it holds none. A policy lets operators alone write the
 * label; Jobs' names can be told beforehand, so that an annotation says nothing of who made the map.
 */
export function reportAnnotations({ metadata = {} }: Pick<ConfigMapDocument, "metadata">): Annotations | undefined {
  const { [jobAnnotation]: job, [digestsAnnotation]: digests = "" } = metadata.annotations ?? {};
  const isOurs = metadata.labels?.[ownLabel] === fieldManager;
  return job === undefined || !isOurs ? undefined : { [jobAnnotation]: job, [digestsAnnotation]: digests };
}
