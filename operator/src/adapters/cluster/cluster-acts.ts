// The acts on one migration: found among any number of others, made its own, and deleted.
import {
  latchingActs,
  type MigrationActSpec,
  migrationActSpecSchema,
  migrationUidLabel,
} from "@retriever/crds/migration.ts";
import { fieldManager } from "@retriever/sidecar/contract/names.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { ActObservation } from "#core/model/observation.ts";
import type { ActPick } from "#core/people/turns.ts";
import { bounded, hasCode } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import { instantOf } from "#kube/instants.ts";
import { type KubeRequest, mergePatch } from "#kube/kube-request.ts";
import { listPage, restartOnce } from "#kube/listing.ts";
import { ifThere } from "#kube/read-and-write.ts";
import { migrationActs, ownedBy } from "#kube/resources.ts";
import type { Clock } from "#ports/clock.ts";
import type { ActObject, Cluster } from "#ports/cluster.ts";

type ClusterActs = Pick<Cluster, "listActs" | "deleteAct" | "ownAct">;

/** How long a list may go on with further pages: a pass must not wait for whoever creates acts without end. */
const longestMs = { latching: 1500, others: 4000 };

/** The acts' part of the Cluster port. */
export function makeClusterActs(request: KubeRequest, clock: Pick<Clock, "elapsed">): ClusterActs {
  const left: LeftOff = new Map();
  return {
    listActs: async (meta, pick, signal) => {
      const source: Source = { request, clock, meta, pick, signal, left };
      const isWhole = await restartOnce(() => readNamed(source));
      return { acts: pick.acts(), isWhole };
    },
    deleteAct: async ({ namespace }, { name, uid }, signal) => {
      const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
      await orGone(request({ method: "DELETE", place: placeOf(namespace, name), body, signal }));
    },
    ownAct: async (meta, { name, uid }: ActObject, signal) => {
      const labels = { [migrationUidLabel]: meta.uid };
      const body = { metadata: { uid, labels, ownerReferences: ownedBy(meta) } };
      const place = placeOf(meta.namespace, name);
      await orGone(request({ method: "PATCH", place, query: { fieldManager }, contentType: mergePatch, body, signal }));
    },
  };
}

function placeOf(namespace: string, name: string) {
  return { resource: migrationActs, namespace, name };
}

/** Gone, or another object under the name. */
async function orGone(call: Promise<unknown>): Promise<void> {
  try {
    await ifThere(call);
  } catch (fault) {
    if (!hasCode(fault, "ROP_CONFLICT")) throw fault;
  }
}

type Source = {
  readonly request: KubeRequest;
  readonly clock: Pick<Clock, "elapsed">;
  readonly meta: MigrationMeta;
  readonly pick: ActPick;
  readonly signal: AbortSignal;
  readonly left: LeftOff;
};
/**
 * By migration and query where a list that took too long goes on in the next pass: what lies behind the limit would never
 * be read if each began anew.
 */
type LeftOff = Map<string, string>;
/** More lists than that aren't cut at a time; those that are forgotten begin anew. */
const mostLeftOff = 1000;
type Query = Readonly<Record<string, string>>;

/** By the field that names the migration: one request, whatever else lies in the namespace. */
async function readNamed(source: Source): Promise<boolean> {
  const named = `spec.migration.name=${source.meta.name}`;
  try {
    const next = await readPage(source, { fieldSelector: named }, "");
    if (next === "") return true;
    for (const act of latchingActs)
      await readPages(source, { fieldSelector: `${named},spec.act=${act}` }, "", longestMs.latching);
    return await readPages(source, { fieldSelector: named }, next, longestMs.others);
  } catch (fault) {
    if (!hasCode(fault, "ROP_INVALID")) throw fault;
    return readLabelled(source);
  }
}

/** For API servers that can't select by that field (before 1.31): by label, and what lacks it. */
async function readLabelled(source: Source): Promise<boolean> {
  const { others } = longestMs;
  const labelled = await readPages(source, { labelSelector: `${migrationUidLabel}=${source.meta.uid}` }, "", others);
  const unlabelled = await readPages(source, { labelSelector: `!${migrationUidLabel}` }, "", others);
  return unlabelled && labelled;
}

/** False when not every page was read: the time was up, or it began where the last pass had left off. */
async function readPages(source: Source, query: Query, from: string, limitMs: number): Promise<boolean> {
  const { clock, left, meta } = source;
  const startedAt = clock.elapsed();
  const key = JSON.stringify([meta.uid, query]);
  const resumed = left.get(key);
  let next = resumed ?? from;
  // Gone before the first request: a token that the server has forgotten must not be shown again.
  left.delete(key);
  do {
    next = await readPage(source, query, next);
    if (next === "") return resumed === undefined;
  } while (clock.elapsed() - startedAt < limitMs);
  if (left.size >= mostLeftOff) left.clear();
  left.set(key, next);
  return false;
}

async function readPage({ request, meta, pick, signal }: Source, query: Query, from: string): Promise<string> {
  const place = { resource: migrationActs, namespace: meta.namespace };
  const { items, next } = await listPage(request, { place, query }, from, signal);
  for (const item of items) for (const act of toAct(item, meta)) if (!isWithdrawn(item, act)) pick.add(act);
  return next;
}

/**
 * Deleted, and kept by a finalizer that isn't ours: it takes no turn, and no place from those that wait for one. Else fifty
 * of them would keep every later act from being judged, for as long as they lie there. An Abort or a Rollback is heard all
 * the same: it keeps no other's place.
 */
function isWithdrawn({ metadata }: KubeObject, { act }: ActObservation): boolean {
  return metadata?.deletionTimestamp !== undefined && !latchingActs.some((latching) => latching === act);
}

/** The act as it concerns a migration: its own, or one that can't be, with the reason. None: it is about another one. */
function toAct(item: KubeObject, meta: MigrationMeta): readonly ActObservation[] {
  const parsed = migrationActSpecSchema.safeParse(item.spec);
  if (!parsed.success) return unreadable(item, meta, parsed.error.issues[0]?.path ?? []);
  const { migration, act, actor, reason, planHash, expires, ...rest } = parsed.data;
  if (migration.name !== meta.name && migration.uid !== meta.uid) return [];
  const basics = basicsOf(item);
  const label = item.metadata?.labels?.[migrationUidLabel];
  const misfit = misfitOf({ migration, act, createdAt: basics.createdAt, label }, meta);
  const expiresAt = expires === undefined ? null : instantOf(expires);
  const said = { act, actor, reason, planHash: planHash ?? null, expiresAt };
  return [{ ...basics, ...said, ...detailsOf(rest), ...(misfit === undefined ? {} : { misfit }) }];
}

function basicsOf({ metadata = {} }: KubeObject) {
  const { name = "", uid = "", creationTimestamp, ownerReferences = [] } = metadata;
  const owner = ownerReferences.length === 0 ? ({ ownerless: true } as const) : {};
  return { name, uid, createdAt: instantOf(creationTimestamp), ...owner };
}

type Details = Pick<MigrationActSpec, "role" | "check" | "waitForGates" | "digest">;

function detailsOf({ role, check, waitForGates, digest }: Details) {
  return {
    ...(role === undefined ? {} : { role }),
    ...(check === undefined ? {} : { check }),
    ...(waitForGates === true ? { waitForGates } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
}

type Raw = { readonly act?: unknown; readonly actor?: unknown; readonly migration?: { readonly name?: unknown } };

/** What a newer version has created: it is refused, where it names this migration. */
function unreadable(item: KubeObject, meta: MigrationMeta, path: readonly PropertyKey[]): readonly ActObservation[] {
  const { act, actor, migration } = (item.spec ?? {}) as Raw;
  if (migration?.name !== meta.name) return [];
  const misfit = `it can't be read by this operator: ${path.map(String).join(".") || "spec"}`;
  const words = { act: bounded(String(act)) as ActObservation["act"], actor: bounded(String(actor)), reason: "" };
  return [{ ...basicsOf(item), ...words, planHash: null, expiresAt: null, misfit }];
}

type Addressed = {
  readonly migration: { readonly name: string; readonly uid?: string | undefined };
  readonly act: ActObservation["act"];
  readonly createdAt: number;
  readonly label: string | undefined;
};

/** Who may act is asked by the migration's name, and who is meant is its UID: an act has to name both of one migration. */
function misfitOf({ migration, act, createdAt, label }: Addressed, meta: MigrationMeta): string | undefined {
  const { name, uid } = migration;
  if (name !== meta.name) return `it names ${name} with the UID of ${meta.name}`;
  const isByName = latchingActs.some((one) => one === act);
  if (uid === undefined && isByName)
    return createdAt >= meta.createdAt ? undefined : "it names no UID, and is older than this migration";
  if (uid !== meta.uid) return `it is for a migration of this name with UID ${uid}, this one has ${meta.uid}`;
  if (isByName || label === meta.uid) return undefined;
  return `it lacks the label ${migrationUidLabel}=${meta.uid}; create it with that label`;
}
