// A store of chunks in memory, as verification reads one, with faults on demand.
import { ChunkPage } from "@retriever/stores/chunks/chunk-page.ts";
import { hexOf } from "@retriever/stores/chunks/payload-digest.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type {
  ChunkBatch,
  ChunkStore,
  FoundChunk,
  ScanOptions,
  StoreDescription,
} from "@retriever/stores/ports/chunk-store.ts";

export type HeldChunk = {
  readonly id: string;
  readonly namespace?: string;
  readonly updatedAtMs?: number | null;
  readonly payload?: number;
  readonly vector?: readonly number[] | null;
};
export type MemoryChunkStore = ChunkStore & {
  /** In the order in which they are scanned; a test changes it while a run is under way. */
  chunks: HeldChunk[];
  /** Called before each page and each look-up; what it throws is the store's answer. */
  onRead: () => void;
  readonly seen: { scans: ScanOptions[]; lookUps: (readonly string[])[]; pages: number };
};

/** Holds `chunks` under the digest of `name`. */
export function makeMemoryChunkStore(
  name: string,
  chunks: readonly HeldChunk[],
  description: Partial<StoreDescription> = {},
): MemoryChunkStore {
  const digest = Buffer.from(name.padEnd(16)).toString("hex").slice(0, 32);
  const store: MemoryChunkStore = {
    identity: { kind: "memory", label: `memory://${name}`, digest },
    chunks: [...chunks],
    onRead: () => {},
    seen: { scans: [], lookUps: [], pages: 0 },
    describe: async () => {
      store.onRead();
      return { ...describe(store.chunks), ...description };
    },
    scan: async function* (options, signal) {
      store.seen.scans.push(options);
      // A snapshot, so that a page's place means the same to the end.
      const scope = store.chunks.filter((chunk) => isSince(chunk, options.sinceMs));
      const page = new ChunkPage({ ...options, dimension: 4 });
      for (let start = Number(options.after ?? 0); start < scope.length; start += options.pageSize) {
        if (signal.aborted) throw new RetrieverError({ code: "RETR_DEADLINE_EXCEEDED", message: "aborted" });
        store.onRead();
        store.seen.pages += 1;
        yield readPage(page, scope.slice(start, start + options.pageSize), start + options.pageSize);
        await Promise.resolve();
      }
    },
    lookUp: async (ids, level) => {
      store.onRead();
      store.seen.lookUps.push(ids);
      const wanted = new Set(ids);
      return store.chunks.filter(({ id }) => wanted.has(id)).map((chunk) => foundOf(chunk, level));
    },
    close: async () => {},
  };
  return store;
}

function describe(chunks: readonly HeldChunk[]): StoreDescription {
  return {
    dimension: 4,
    metric: "cosine",
    metricName: "cosine",
    precision: "float32",
    isNormalised: false,
    idKind: "text",
    someIds: chunks.slice(0, 5).map(({ id }) => id),
    newestUpdatedAtMs: null,
    count: chunks.length,
    isLookUpCheap: true,
    seesDoubles: true,
  };
}

function isSince({ updatedAtMs }: HeldChunk, sinceMs: number | null): boolean {
  return sinceMs === null || typeof updatedAtMs !== "number" || updatedAtMs >= sinceMs;
}

function readPage(page: ChunkPage, chunks: readonly HeldChunk[], next: number): ChunkBatch {
  page.clear();
  for (const { id, updatedAtMs, payload = 0, vector = [1, 2, 3, 4] } of chunks) {
    page.addIdText(id);
    const row = page.count - 1;
    page.updatedAtMs[row] = page.isDated ? (updatedAtMs ?? Number.NaN) : Number.NaN;
    page.payloadDigests?.set([payload, 7], row * 2);
    if (page.vectors !== null) page.lastVector().set(vector ?? [Number.NaN]);
  }
  return page.toBatch(String(next), 0.01);
}

function foundOf(chunk: HeldChunk, level: ScanOptions["level"]): FoundChunk {
  const { id, namespace = null, updatedAtMs = null, payload = 0, vector = [1, 2, 3, 4] } = chunk;
  const isDigested = level === "payload" || level === "vector";
  return {
    id,
    namespace,
    updatedAtMs: level === "ids" ? null : updatedAtMs,
    payloadDigest: isDigested ? hexOf(payload, 7) : null,
    vector: level === "vector" && vector !== null ? Float32Array.from(vector) : null,
  };
}
