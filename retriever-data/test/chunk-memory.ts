// A store in memory with everything that verification and repair ask of one.

import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { identityOf } from "@retriever/stores/config/identity.ts";
import type { ChunkStore, ChunkWriter, FoundChunk, WholeChunk } from "@retriever/stores/ports/chunk-store.ts";

export type ChunkMemory = {
  readonly chunks: Map<string, WholeChunk>;
  readonly store: ChunkStore;
  readonly writer: ChunkWriter;
  /** Calls that changed something, by their kind and ids. */
  readonly changes: { readonly what: "upsert" | "remove"; readonly ids: readonly string[] }[];
};

/** Holds `chunks`; a null time is older than any. */
export function makeChunkMemory(name: StoreName, chunks: readonly WholeChunk[]): ChunkMemory {
  const held = new Map(chunks.map((chunk) => [chunk.id, chunk]));
  const changes: ChunkMemory["changes"] = [];
  const identity = identityOf({ kind: "memory", host: name, port: 1, place: "chunks" });
  const find = (ids: readonly string[]) => ids.flatMap((id) => held.get(id) ?? []);
  const close = async (): Promise<void> => undefined;
  const writer: ChunkWriter = {
    identity,
    cautions: async () => [],
    fetch: async (ids, signal) => {
      signal.throwIfAborted();
      return find(ids);
    },
    upsert: async (incoming, signal) => {
      signal.throwIfAborted();
      const isNewer = ({ id, updatedAt }: WholeChunk) => timeOf(held.get(id)?.updatedAt) > timeOf(updatedAt);
      const newer = incoming.filter(isNewer).map(({ id }) => id);
      const written = incoming.filter(({ id }) => !newer.includes(id));
      for (const chunk of written) held.set(chunk.id, chunk);
      changes.push({ what: "upsert", ids: written.map(({ id }) => id) });
      return newer;
    },
    remove: async (ids) => {
      for (const id of ids) held.delete(id);
      changes.push({ what: "remove", ids });
    },
    close,
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
      someIds: [],
      newestUpdatedAtMs: null,
      count: held.size,
      isLookUpCheap: true,
    }),
    scan: () => {
      throw new Error("nothing here scans");
    },
    lookUp: async (ids) => find(ids).map(asFound),
    close,
  };
  return { chunks: held, store, writer, changes };
}

function asFound({ id, namespace, updatedAt, fields, vector }: WholeChunk): FoundChunk {
  const updatedAtMs = updatedAt === null ? null : Date.parse(updatedAt);
  return { id, namespace, updatedAtMs, payloadDigest: JSON.stringify(fields), vector };
}

function timeOf(text: string | null | undefined): number {
  return text === null || text === undefined ? Number.NEGATIVE_INFINITY : Date.parse(text);
}
