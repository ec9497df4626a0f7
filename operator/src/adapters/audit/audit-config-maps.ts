// Evidence in ConfigMaps: one key per record, written behind each other under the version read, the oldest map dropped.
// Only metadata is read to find the end; the records themselves are read by people alone.
import { evidenceLabel, fieldManager } from "@retriever/sidecar/contract/names.ts";
import { type AuditRecord, type ChainEnd, chainStart, printRecord } from "#core/status/audit-record.ts";
import { hasCode, OperatorError } from "#errors.ts";
import type { ConfigMapDocument, KubeObject, ObjectMeta } from "#kube/documents.ts";
import { type KubeRequest, mergePatch, metadataOf } from "#kube/kube-request.ts";
import { readObject } from "#kube/read-and-write.ts";
import { configMaps, ownedBy, typeOf } from "#kube/resources.ts";
import type { AuditStore, AuditSubject, EvidenceReader, KeptChain, StoredEnd } from "#ports/audit-store.ts";
import { readKeptReport } from "./report-config-map.ts";

/** Where the chain stood before the map's first record: the anchor of what is left when older maps are dropped. */
const afterAnnotation = "retriever.dev/evidence-after";
/** Where it stands after the map's last record, and how many bytes the map holds. */
const endAnnotation = "retriever.dev/evidence-end";

/** An API server takes 1 MiB; half of it leaves room for what others add. */
const maxMapBytes = 512 * 1024;
const maxMaps = 20;
/** Names that are tried: those that an earlier migration of the same name may have left behind, then some by chance. */
const maxTakenNames = 30;
/** Nobody takes so many beforehand. */
const widestStep = 1_000_000;

type MapEnd = ChainEnd & { readonly bytes: number };
/** Names of the maps, oldest first, and the version and size of the newest. */
type Place = { readonly maps: readonly string[]; readonly resourceVersion: string; readonly bytes: number };

/** The store over live requests. Holds nothing. `random` is 0..1. */
export function makeAuditStore(request: KubeRequest, random: () => number): AuditStore {
  return {
    readEnd: async (subject, signal) => {
      const maps = await listMaps(request, subject, signal);
      const newest = maps.at(-1);
      if (newest === undefined) return { ...chainStart, place: { maps: [], resourceVersion: "", bytes: 0 } };
      const end = readEnd(newest, endAnnotation);
      if (end === null) throw unreadable(subject, newest.name ?? "");
      const place: Place = {
        maps: maps.map(({ name = "" }) => name),
        resourceVersion: newest.resourceVersion ?? "",
        bytes: end.bytes,
      };
      return { seq: end.seq, hash: end.hash, place };
    },
    append: async (subject, end, record, signal) => {
      const text = printRecord(record);
      const size = Buffer.byteLength(text) + keyOf(record.seq).length;
      const { maps, bytes } = end.place as Place;
      const fits = maps.length > 0 && bytes + size <= maxMapBytes;
      const write = { subject, end, record, text };
      const place = fits
        ? await addToNewest(request, write, bytes + size, signal)
        : await beginNext({ request, random }, write, size, signal);
      return { seq: record.seq, hash: record.hash, place };
    },
  };
}

type Write = {
  readonly subject: AuditSubject;
  readonly end: StoredEnd;
  readonly record: AuditRecord;
  readonly text: string;
};

async function addToNewest(
  request: KubeRequest,
  { subject, end, record, text }: Write,
  bytes: number,
  signal: AbortSignal,
): Promise<Place> {
  const { maps, resourceVersion } = end.place as Place;
  const answer = (await request({
    method: "PATCH",
    place: { resource: configMaps, namespace: subject.namespace, name: maps.at(-1) ?? "" },
    query: { fieldManager },
    contentType: mergePatch,
    accept: metadataOf("PartialObjectMetadata"),
    body: {
      metadata: { resourceVersion, annotations: { [endAnnotation]: printEnd({ ...record, bytes }) } },
      data: { [keyOf(record.seq)]: text },
    },
    signal,
  })) as KubeObject | undefined;
  return { maps, resourceVersion: answer?.metadata?.resourceVersion ?? "", bytes };
}

type Begin = { readonly request: KubeRequest; readonly random: () => number };

/** Numbers that can be told beforehand may be taken by whoever wants no evidence; those by chance may not. */
async function beginNext({ request, random }: Begin, write: Write, bytes: number, signal: AbortSignal): Promise<Place> {
  const { subject, end } = write;
  const { maps } = end.place as Place;
  let index = indexOf(subject.name, maps.at(-1) ?? "");
  for (let taken = 0; taken < maxTakenNames; taken += 1) {
    index += 1 + (taken < maxMaps ? 0 : Math.floor(random() * widestStep));
    const name = `${prefixOf(subject.name)}${String(index).padStart(3, "0")}`;
    const created = await createMap(request, write, { name, bytes }, signal);
    if (created === undefined) continue;
    const kept = await dropOldest(request, subject.namespace, [...maps, name], signal);
    return { maps: kept, resourceVersion: created.metadata?.resourceVersion ?? "", bytes };
  }
  throw new OperatorError(
    "ROP_NAME_TAKEN",
    `configmaps ${subject.name}-evidence-NNN: ${maxTakenNames} names are taken`,
  );
}

/** Undefined when the name is taken by another chain; a conflict when it is this chain's: somebody else was faster. */
async function createMap(
  request: KubeRequest,
  { subject, end, record, text }: Write,
  map: { readonly name: string; readonly bytes: number },
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const { namespace, uid } = subject;
  const metadata = {
    name: map.name,
    namespace,
    labels: { "app.kubernetes.io/managed-by": fieldManager, [evidenceLabel]: uid },
    annotations: {
      [afterAnnotation]: printEnd({ seq: end.seq, hash: end.hash, bytes: 0 }),
      [endAnnotation]: printEnd({ ...record, bytes: map.bytes }),
    },
    // Goes with its migration: nobody else would ever clean up 10 MiB for each, and who deletes a migration has
    // collected its evidence or doesn't want it. The operator's log holds every record, too.
    ownerReferences: ownedBy(subject),
  };
  const body = { ...typeOf(configMaps), metadata, data: { [keyOf(record.seq)]: text } };
  const place = { resource: configMaps, namespace };
  try {
    return (await request({ method: "POST", place, query: { fieldManager }, body, signal })) as KubeObject;
  } catch (fault) {
    if (!hasCode(fault, "ROP_CONFLICT")) throw fault;
    const there = await readObject(request, { resource: configMaps, namespace, name: map.name }, signal);
    if (there?.metadata?.labels?.[evidenceLabel] === uid) throw fault;
    return undefined;
  }
}

/** The names that are left. A map that can't be dropped now is dropped with the next one. */
async function dropOldest(
  request: KubeRequest,
  namespace: string,
  maps: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const kept = [...maps];
  for (let oldest = kept[0]; kept.length > maxMaps && oldest !== undefined; oldest = kept[0]) {
    try {
      await request({ method: "DELETE", place: { resource: configMaps, namespace, name: oldest }, signal });
    } catch (fault) {
      // The record is written: that it is must not be lost over tidying up.
      if (!hasCode(fault, "ROP_NOT_FOUND")) return kept;
    }
    kept.shift();
  }
  return kept;
}

/** What of a chain is in the cluster. */
export function makeEvidenceReader(request: KubeRequest): EvidenceReader {
  return {
    readChain: async (subject, signal) => {
      const names = (await listMaps(request, subject, signal)).map(({ name = "" }) => name);
      const maps: ConfigMapDocument[] = [];
      for (const name of names) {
        const place = { resource: configMaps, namespace: subject.namespace, name };
        const map: ConfigMapDocument | undefined = await readObject(request, place, signal);
        // Dropped since the list.
        if (map !== undefined) maps.push(map);
      }
      return maps.length === 0 ? undefined : chainOf(maps);
    },
    readReport: (subject, signal) => readKeptReport(request, subject, signal),
  };
}

function chainOf(maps: readonly ConfigMapDocument[]): KeptChain {
  const lines = maps.flatMap(({ data = {} }) =>
    Object.entries(data)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, text]) => text),
  );
  return {
    after: readEnd(maps[0]?.metadata ?? {}, afterAnnotation),
    end: readEnd(maps.at(-1)?.metadata ?? {}, endAnnotation),
    lines,
  };
}

/** Oldest first, without their records. */
async function listMaps(request: KubeRequest, subject: AuditSubject, signal: AbortSignal): Promise<ObjectMeta[]> {
  const { namespace, name, uid } = subject;
  const answer = (await request({
    method: "GET",
    place: { resource: configMaps, namespace },
    query: { labelSelector: `${evidenceLabel}=${uid}` },
    accept: metadataOf("PartialObjectMetadataList"),
    signal,
  })) as { readonly items?: readonly KubeObject[] | null } | undefined;
  // A list of metadata without any has `items: null`, other than every other list.
  if (answer?.items === null) return [];
  if (!Array.isArray(answer?.items)) throw new OperatorError("ROP_API_ANSWER_INVALID", "list configmaps: no items");
  const items = answer.items as readonly KubeObject[];
  return items
    .flatMap(({ metadata }) => (indexOf(name, metadata?.name ?? "") === 0 ? [] : (metadata ?? [])))
    .toSorted((a, b) => indexOf(name, a.name ?? "") - indexOf(name, b.name ?? ""));
}

/** `NNN` of the migration's map; 0 for any other name. */
function indexOf(migration: string, name: string): number {
  const prefix = prefixOf(migration);
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^\d{3,9}$/.test(digits) ? Number(digits) : 0;
}

/** A name has at most 253 characters; chains whose long names begin alike still take different numbers. */
function prefixOf(migration: string): string {
  return `${migration.slice(0, 230).replace(/[^a-z0-9]+$/, "")}-evidence-`;
}

/** Keys sort as their records follow each other. */
function keyOf(seq: number): string {
  return `${String(seq).padStart(9, "0")}.json`;
}

function printEnd({ seq, hash, bytes }: MapEnd): string {
  return JSON.stringify({ seq, hash, bytes });
}

function readEnd({ annotations = {} }: ObjectMeta, annotation: string): MapEnd | null {
  try {
    const { seq, hash, bytes } = JSON.parse(annotations[annotation] ?? "") as Partial<MapEnd>;
    if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(bytes) || !/^[0-9a-f]{64}$/.test(hash ?? "")) return null;
    return { seq: seq ?? 0, hash: hash ?? "", bytes: bytes ?? 0 };
  } catch {
    return null;
  }
}

function unreadable({ namespace }: AuditSubject, map: string): OperatorError {
  return new OperatorError(
    "ROP_API_ANSWER_INVALID",
    `configmaps ${namespace}/${map}: annotation ${endAnnotation} was changed; restore it, or collect the evidence and delete its ConfigMaps`,
  );
}
