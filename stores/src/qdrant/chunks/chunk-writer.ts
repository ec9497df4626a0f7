// Writes a collection for a repair, and reads from it what is to be written elsewhere.
// Qdrant decides by conditions that come with each write whether a point is still what was read. It doesn't tell what it
// decided, so what was written is read again.

import { doubted, doubtedPages } from "#chunks/doubted.ts";
import { metadataPath, unnamed } from "#config/chunk-fields.ts";
import {
  type ChunkAccess,
  type ChunkRemoval,
  type ChunkWrite,
  type ChunkWriter,
  type LeftChunk,
  type StoredChunk,
  type WholeBatch,
  type WholeChunk,
  type WholeScanOptions,
} from "#ports/chunk-store.ts";
import { textOf } from "../client/answers.ts";
import { keyOf, keysOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { findPoints, type Place, retrieve, whyUnfound } from "./find-points.ts";
import { type Given, givenOf, isWritten, readChunk } from "./given-points.ts";
import { changesOf } from "./held-changes.ts";
import { expectedKeys, guardOf, type Keys, unguarded, versionOf } from "./held-point.ts";
import { type Known, readKnown, refuseOld } from "./known-collection.ts";
import type { StoredPoint } from "./point-answers.ts";
import { fallbackRule, integerOf } from "./point-ids.ts";
import { openPoints } from "./points-caller.ts";
import { whyVectorUnfit, withDirection } from "./vector-fit.ts";
import { scanPoints, unnamedKeys } from "./whole-scan.ts";
import { bodiesOf, eachOnce, skipRefused } from "./write-bodies.ts";

type Target = Place &
  Known & { readonly spec: QdrantSpec; readonly fields: readonly string[]; readonly momentKeys: ReadonlySet<string> };

/** Connects on demand only. */
export function makeQdrantChunkWriter(spec: QdrantSpec, { identity, fields, atOnce = 1 }: ChunkAccess): ChunkWriter {
  const caller = openPoints(spec, atOnce + 1);
  let known: Known | undefined;
  const open = async (signal: AbortSignal): Promise<Target> => {
    known ??= await readKnown(caller, spec, signal);
    const momentKeys = fields.filter((name) => {
      const key = keyOf(metadataPath(spec.fields, name));
      return known?.info.indexes.get(key) === "datetime";
    });
    return { ...known, caller, signal, spec, fields, momentKeys: new Set(momentKeys) };
  };
  const forget = (): void => {
    known = undefined;
    caller.forget();
  };
  async function* scan(options: WholeScanOptions, signal: AbortSignal): AsyncGenerator<WholeBatch> {
    yield* scanPoints(await open(signal), options);
  }
  /** Nothing is asked for none. */
  const each = <Item>(
    items: readonly Item[],
    signal: AbortSignal,
    run: (target: Target, items: readonly Item[]) => Promise<LeftChunk[]>,
  ): Promise<LeftChunk[]> =>
    items.length === 0
      ? Promise.resolve([])
      : doubted(async () => {
          const left = await run(await open(signal), items);
          // By limits or indexes that are others by now.
          if (left.some(({ why }) => why === "refused")) forget();
          return left;
        }, forget);
  return {
    identity,
    vectors: "json",
    scan: (options, signal) => doubtedPages(scan(options, signal), forget),
    inspect: async (use, signal) => {
      forget();
      const target = await open(signal);
      if (use === "read" || use === "copy") return unnamed(unnamedKeys(target.someNames.flat(), spec, fields));
      await refuseOld(caller, signal);
      return cautionsOf(target);
    },
    fetch: async (ids, signal) =>
      ids.length === 0 ? [] : doubted(async () => fetchPoints(await open(signal), ids), forget),
    check: (writes, signal) => each(writes, signal, async (target, some) => (await prepare(target, some)).left),
    write: (writes, signal) => each(writes, signal, writePoints),
    load: (chunks, signal) => each(chunks, signal, loadPoints),
    remove: (removals, signal) => each(removals, signal, removePoints),
    close: caller.collection.close,
  };
}

const firstRule = `the collection is empty: points get ${fallbackRule.name} of their chunk ids as ids; an application that makes others would hold chunks twice`;
const unknownRule =
  `the ids of the collection's points follow no known rule: a chunk that it lacks gets ${fallbackRule.name} of its ` +
  "chunk id, and an application that makes ids another way will write it a second time";

/** What a person should know before the collection is written. */
function cautionsOf({ conventions, someNames, spec: { fields } }: Target): string[] {
  return [
    ...(conventions.rule === null ? [unknownRule] : []),
    ...(someNames.length === 0 && fields.id !== null ? [firstRule] : []),
    ...(fields.caution === undefined ? [] : [fields.caution]),
  ];
}

async function fetchPoints(target: Target, ids: readonly string[]): Promise<StoredChunk[]> {
  const points = await findPoints(target, ids);
  return points.map((point) => ({ ...readChunk(point, target), version: versionOf(point) }));
}

/** `held`: the point that is changed; null: there is none. */
type Prepared = { readonly id: string; readonly given: Given; readonly held: StoredPoint | null };

/** What would be sent, and what can't be; nothing is written. */
async function prepare(target: Target, writes: readonly ChunkWrite[]) {
  const { held, left } = eachOnce(
    await findPoints(
      target,
      writes.map(({ chunk }) => chunk.id),
    ),
  );
  const doubled = new Set(left.map(({ id }) => id));
  const ready: Prepared[] = [];
  for (const { chunk, over } of writes) {
    const point = held.get(chunk.id);
    if (doubled.has(chunk.id)) continue;
    const version = point === undefined ? null : versionOf(point);
    const prepared = over === version ? prepareOne(target, chunk, point) : null;
    if (prepared === null) left.push({ id: chunk.id, why: "changed" });
    else if (typeof prepared === "string") left.push({ id: chunk.id, why: "refused", reason: prepared });
    else ready.push(prepared);
  }
  left.push(...(await refuseTaken(target, ready)));
  return { left, ready: without(ready, left), keys: expectedIn(target, held.values()) };
}

/** New points whose ids other chunks have. */
async function refuseTaken(target: Target, ready: readonly Prepared[]): Promise<LeftChunk[]> {
  const takers = await takersOf(target, ready);
  return ready.flatMap(({ id, given, held }): LeftChunk[] => {
    const taker = held === null ? takers.get(JSON.stringify(given.id)) : undefined;
    if (taker === undefined || taker === id) return [];
    return [{ id, why: "refused", reason: takenBy(given.id, taker) }];
  });
}

function without(ready: readonly Prepared[], left: readonly LeftChunk[]): Prepared[] {
  const skipped = new Set(left.map(({ id }) => id));
  return ready.filter(({ id }) => !skipped.has(id));
}

/** Keys that its points have or may get. */
function expectedIn({ info, spec, fields, someNames }: Target, points: Iterable<StoredPoint>): Keys {
  const names = [...someNames, ...Array.from(points, ({ payload }) => Object.keys(payload))].flat();
  const { namespace, entity } = spec.fields;
  const agreed = fields.map((name) => metadataPath(spec.fields, name));
  return expectedKeys(names, info, keysOf([...agreed, namespace, entity]));
}

/** A text: why it can't be sent. */
function prepareOne(target: Target, said: ChunkWrite["chunk"], point: StoredPoint | undefined): Prepared | string {
  const chunk = withDirection(said, target.info);
  const unfit = whyVectorUnfit(chunk, target.info) ?? (point === undefined ? whyUnnamed(chunk.id, target) : null);
  if (unfit !== null) return unfit;
  const given = givenOf(chunk, point, target);
  if (typeof given === "string") return given;
  if (point !== undefined && !guardOf(point, target).isSafe) return unguarded(target);
  return { id: chunk.id, given, held: point ?? null };
}

function whyUnnamed(id: string, target: Target): string | null {
  return whyUnfound(target.conventions.isNumeric && integerOf(id) !== undefined, target);
}

function takenBy(pointId: unknown, taker: string): string {
  return `the point id ${textOf(pointId) ?? ""} that it would get is taken by the chunk ${JSON.stringify(taker)}; remove or rename one of the two`;
}

/** Chunks that hold the ids that new points would get, or would get them first. */
async function takersOf(target: Target, ready: readonly Prepared[]): Promise<ReadonlyMap<string, string>> {
  const fresh = ready.filter(({ held }) => held === null);
  const takers = new Map<string, string>();
  for (const { id, given } of fresh) {
    const key = JSON.stringify(given.id);
    if (!takers.has(key)) takers.set(key, id);
  }
  for (const { id, chunkId } of await retrieve(
    target,
    fresh.map(({ given }) => given.id),
    false,
  )) {
    takers.set(JSON.stringify(id), chunkId);
  }
  return takers;
}

/** What is there by then stays; that isn't read again. */
async function loadPoints(target: Target, chunks: readonly WholeChunk[]): Promise<LeftChunk[]> {
  const left: LeftChunk[] = [];
  const ready: Prepared[] = [];
  for (const chunk of chunks) {
    const prepared = prepareOne(target, chunk, undefined);
    if (typeof prepared === "string") left.push({ id: chunk.id, why: "refused", reason: prepared });
    else ready.push(prepared);
  }
  left.push(...(await refuseTaken(target, ready)));
  return [...left, ...(await skipRefused(without(ready, left), (some) => insert(target, some)))];
}

async function writePoints(target: Target, writes: readonly ChunkWrite[]): Promise<LeftChunk[]> {
  const { left, ready, keys } = await prepare(target, writes);
  const fresh = ready.filter(({ held }) => held === null);
  left.push(...(await skipRefused(fresh, (some) => insert(target, some))));
  const moved = new Set<string>();
  for (const { id, given, held } of ready) {
    if (held === null) continue;
    const update = async (): Promise<void> => {
      if (!(await isStill(target, held))) return void moved.add(id);
      const operations = changesOf(held, given, { ...target, keys });
      if (operations.length === 0) return;
      await target.caller.call(
        { method: "POST", path: "/points/batch?wait=true", body: { operations } },
        target.signal,
      );
    };
    left.push(...(await skipRefused([{ id }], update)));
  }
  const sent = without(ready, left);
  const points = await retrieve(
    target,
    sent.map(({ given }) => given.id),
    true,
  );
  const after = new Map(points.map((point) => [JSON.stringify(point.id), point]));
  const changed = sent.filter(
    ({ id, given, held }) =>
      moved.has(id) || !isWritten(after.get(JSON.stringify(given.id)), given, { held, ...target.info }),
  );
  return [...left, ...changed.map(({ id }): LeftChunk => ({ id, why: "changed" }))];
}

/** Conditions don't see everything, so a point is read once more right before it is changed. */
async function isStill(target: Target, held: StoredPoint): Promise<boolean> {
  const [now] = await retrieve(target, [held.id], true);
  return now !== undefined && versionOf(now) === versionOf(held);
}

async function insert(target: Target, some: readonly Prepared[]): Promise<void> {
  const given = some.map((each) => each.given);
  for (const points of bodiesOf(given, target.info.limits.upsertPoints)) {
    const body = `{"points":[${points.join(",")}],${JSON.stringify(insertOnly).slice(1)}`;
    await target.caller.call({ method: "PUT", path: "/points?wait=true", body }, target.signal);
  }
}

/** The condition holds for no point, so that a server that doesn't know the mode leaves those that are there as well. */
const insertOnly = { update_filter: { must: [{ has_id: [] }] }, update_mode: "insert_only" };

async function removePoints(target: Target, removals: readonly ChunkRemoval[]): Promise<LeftChunk[]> {
  const { held, left } = eachOnce(
    await findPoints(
      target,
      removals.map(({ id }) => id),
    ),
  );
  const doubled = new Set(left.map(({ id }) => id));
  const keys = expectedIn(target, held.values());
  const sent: (readonly [string, unknown])[] = [];
  for (const { id, version } of removals) {
    const point = held.get(id);
    if (doubled.has(id)) continue;
    const guard = point === undefined || versionOf(point) !== version ? null : guardOf(point, target, keys);
    if (point === undefined || guard === null) left.push({ id, why: "changed" });
    else if (!guard.isSafe) left.push({ id, why: "refused", reason: unguarded(target) });
    else if (!(await isStill(target, point))) left.push({ id, why: "changed" });
    else {
      const body = { filter: guard.filter };
      await target.caller.call({ method: "POST", path: "/points/delete?wait=true", body }, target.signal);
      sent.push([id, point.id]);
    }
  }
  const still = await retrieve(
    target,
    sent.map(([, pointId]) => pointId),
    false,
  );
  const kept = new Set(still.map(({ id }) => JSON.stringify(id)));
  return [
    ...left,
    ...sent
      .filter(([, pointId]) => kept.has(JSON.stringify(pointId)))
      .map(([id]): LeftChunk => ({ id, why: "changed" })),
  ];
}
