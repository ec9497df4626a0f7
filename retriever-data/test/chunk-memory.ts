// A store in memory with everything that verification and repair ask of one.

import { hash } from "node:crypto";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { ChunkPage } from "@retriever/stores/chunks/chunk-page.ts";
import { identityOf } from "@retriever/stores/config/identity.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type {
  ChunkBatch,
  ChunkStore,
  ChunkWriter,
  FoundChunk,
  LeftChunk,
  WholeChunk,
} from "@retriever/stores/ports/chunk-store.ts";

export type ChunkMemory = {
  readonly chunks: Map<string, WholeChunk>;
  readonly store: ChunkStore;
  readonly writer: ChunkWriter;
  /** Calls that changed something, by their kind and ids. */
  readonly changes: { readonly what: "load" | "write" | "remove"; readonly ids: readonly string[] }[];
  /** Called before each call is served: whoever else writes does it then. */
  onCall: () => void;
  /** What its own clock says. */
  clockMs: () => number;
  /** How far what is seen lies behind that. */
  behindMs: number;
  /** Pages of whole chunks that were read. */
  wholePages: number;
  /** Ids that it refuses to take, with the reason. */
  readonly refused: Map<string, string>;
};

/** Holds `chunks`. */
export function makeChunkMemory(name: StoreName, chunks: readonly WholeChunk[]): ChunkMemory {
  const held = new Map(chunks.map((chunk) => [chunk.id, chunk]));
  const identity = identityOf({ kind: "memory", host: name, port: 1, place: "chunks" });
  const find = (ids: readonly string[]) => ids.flatMap((id) => held.get(id) ?? []);
  const versionAt = (id: string): string | null => {
    const chunk = held.get(id);
    return chunk === undefined ? null : versionOf(chunk);
  };
  const refusalsOf = (ids: readonly string[]): LeftChunk[] =>
    ids.flatMap((id): LeftChunk[] => {
      const reason = memory.refused.get(id);
      return reason === undefined ? [] : [{ id, why: "refused", reason }];
    });
  const begin = (signal: AbortSignal): void => {
    if (signal.aborted) throw new RetrieverError({ code: "RETR_DEADLINE_EXCEEDED", message: "aborted" }, signal.reason);
    memory.onCall();
  };
  const writer: ChunkWriter = {
    identity,
    inspect: async () => [],
    fetch: async (ids, signal) => {
      if (ids.length === 0) return [];
      begin(signal);
      return find(ids).map((chunk) => ({ ...chunk, version: versionOf(chunk) }));
    },
    check: async (writes) => refusalsOf(writes.map(({ chunk }) => chunk.id)),
    write: async (writes, signal) => {
      if (writes.length === 0) return [];
      begin(signal);
      const refusals = refusalsOf(writes.map(({ chunk }) => chunk.id));
      const taken = writes.filter(({ chunk }) => !memory.refused.has(chunk.id));
      const current = taken.filter(({ chunk, over }) => versionAt(chunk.id) === over);
      for (const { chunk } of current) held.set(chunk.id, merged(held.get(chunk.id), chunk));
      memory.changes.push({ what: "write", ids: current.map(({ chunk }) => chunk.id) });
      return [...refusals, ...taken.filter((each) => !current.includes(each)).map(({ chunk }) => changed(chunk.id))];
    },
    scan: async function* ({ after, until, pageSize }, signal) {
      const all = upTo([...held.values()], until);
      for (let start = Number(after ?? 0); start < all.length; start += pageSize) {
        begin(signal);
        memory.wholePages += 1;
        const chunks = all.slice(start, start + pageSize);
        yield { chunks, count: chunks.length, cursor: String(start + chunks.length), storeMs: 1 };
      }
    },
    load: async (chunks, signal) => {
      if (chunks.length === 0) return [];
      begin(signal);
      const fresh = chunks.filter(({ id }) => !held.has(id) && !memory.refused.has(id));
      for (const chunk of fresh) held.set(chunk.id, merged(undefined, chunk));
      memory.changes.push({ what: "load", ids: fresh.map(({ id }) => id) });
      return refusalsOf(chunks.map(({ id }) => id));
    },
    remove: async (removals, signal) => {
      if (removals.length === 0) return [];
      begin(signal);
      const current = removals.filter(({ id, version }) => versionAt(id) === version);
      for (const { id } of current) held.delete(id);
      memory.changes.push({ what: "remove", ids: current.map(({ id }) => id) });
      return removals.filter((each) => !current.includes(each)).map(({ id }) => changed(id));
    },
    close: async () => undefined,
  };
  const store: ChunkStore = {
    identity,
    describe: async () => ({
      dimension: 2,
      metric: "cosine",
      metricName: "cosine",
      precision: "float32",
      isNormalised: false,
      idKind: "text",
      someIds: [...held.keys()].slice(0, 5),
      newestUpdatedAtMs: null,
      count: held.size,
      isLookUpCheap: true,
    }),
    clock: async (signal) => {
      begin(signal);
      const nowMs = memory.clockMs();
      return { nowMs, seenMs: nowMs - memory.behindMs };
    },
    scan: async function* (options, signal) {
      const since = options.sinceMs ?? Number.NEGATIVE_INFINITY;
      const all = upTo([...held.values()], options.until).filter(
        (chunk) => (asFound(chunk).updatedAtMs ?? since) >= since,
      );
      const page = new ChunkPage({ ...options, dimension: 2 });
      for (let start = Number(options.after ?? 0); start < all.length; start += options.pageSize) {
        begin(signal);
        yield readPage(page, all.slice(start, start + options.pageSize), start + options.pageSize);
      }
    },
    lookUp: async (ids, _, signal) => {
      begin(signal);
      return find(ids).map(asFound);
    },
    close: async () => undefined,
  };
  const memory: ChunkMemory = {
    chunks: held,
    store,
    writer,
    changes: [],
    onCall: () => {},
    clockMs: () => 0,
    behindMs: 0,
    wholePages: 0,
    refused: new Map(),
  };
  return memory;
}

/** A bound is a number of chunks. */
function upTo(all: readonly WholeChunk[], until: string | null = null): readonly WholeChunk[] {
  return until === null ? all : all.slice(0, Number(until));
}

function readPage(page: ChunkPage, chunks: readonly WholeChunk[], next: number): ChunkBatch {
  page.clear();
  for (const chunk of chunks) {
    page.addIdText(chunk.id);
    const { updatedAtMs, vector } = asFound(chunk);
    page.updatedAtMs[page.count - 1] = page.isDated ? (updatedAtMs ?? Number.NaN) : Number.NaN;
    page.payloadDigests?.set(
      [Number.parseInt(hash("sha256", JSON.stringify(chunk.fields)).slice(0, 7), 16), 7],
      (page.count - 1) * 2,
    );
    if (page.vectors !== null) page.lastVector().set(vector ?? [Number.NaN]);
  }
  return page.toBatch(String(next), 0.01);
}

/** What a chunk doesn't speak of stays. */
function merged(before: WholeChunk | undefined, given: WholeChunk): WholeChunk {
  const { id, entityId, namespace, updatedAt, fields, vector } = given;
  const chunk: WholeChunk = { id, entityId, namespace, updatedAt, fields, vector };
  if (before === undefined) return chunk;
  const said = Object.fromEntries(Object.entries(chunk).filter(([, value]) => value !== undefined)) as WholeChunk;
  return { ...before, ...said, fields: { ...before.fields, ...chunk.fields }, vector: chunk.vector ?? before.vector };
}

function changed(id: string): LeftChunk {
  return { id, why: "changed" };
}

function versionOf(chunk: WholeChunk): string {
  return hash("sha256", JSON.stringify([chunk, [...(chunk.vector ?? [])]])).slice(0, 32);
}

function asFound({ id, namespace, updatedAt, fields, vector }: WholeChunk): FoundChunk {
  const updatedAtMs = typeof updatedAt === "string" ? Date.parse(updatedAt) : null;
  return { id, namespace: textOf(namespace), updatedAtMs, payloadDigest: JSON.stringify(fields), vector };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
