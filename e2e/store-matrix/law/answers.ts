// What each way into a store says of it: requests and the probe, `check-config`, a verification, and the plan of a repair.
import { loadAdapters } from "@retriever/stores/kinds.ts";
import type { Backend, Candidate } from "@retriever/stores/ports/backend.ts";
import type {
  ChunkStore,
  ChunkWriter,
  FoundChunk,
  StoredChunk,
  VerifyLevel,
} from "@retriever/stores/ports/chunk-store.ts";
import { requestOf } from "@retriever/stores/test/requests.ts";
import { makeSpec, testDeps } from "@retriever/stores/test/spec.ts";
import { dimension, type StoreCase } from "./generate.ts";
import { deadlineMs, factsOf, limit } from "./probed.ts";

/** A text: refused with this sentence. */
type Said<T> = T | string;
export type Answers = {
  /** Null: nothing is wrong. */
  readonly probe: string | null;
  readonly checked: readonly string[];
  readonly served: Said<readonly Candidate[]>;
  /** Ids, and moments in ms. */
  readonly scanned: Said<ReadonlyMap<string, number | null>>;
  readonly lookedUp: Said<readonly FoundChunk[]>;
  readonly fetched: Said<readonly StoredChunk[]>;
  /** Of chunks that are written over themselves. */
  readonly refused: Said<readonly string[]>;
};

export type Opened = {
  readonly drawn: StoreCase;
  readonly backend: Backend;
  readonly store: ChunkStore;
  readonly writer: ChunkWriter;
  /** Findings of `check-config --connect` that fail. */
  readonly check: () => Promise<readonly string[]>;
  readonly close: () => Promise<unknown>;
};

const identity = { kind: "law", label: "law", digest: "0".repeat(32) };
const adapters = await loadAdapters();

export function openTable(table: StoreCase, connectionString: string): Opened {
  return openStore("pgvector", { ...table, document: { connectionString, poolSize: 1, ...table.document } });
}

/** `document`: with the connection. */
export function openStore(kind: "pgvector" | "qdrant", drawn: StoreCase): Opened {
  const adapter = adapters.find((each) => each.kind === kind);
  const spec = makeSpec(kind, { timeoutMs: deadlineMs, ...drawn.document });
  const access = { identity, fields: [...drawn.metadata, ...(drawn.hasText ? ["$text"] : [])] };
  const store = adapter?.makeChunkStore?.(spec, access);
  const writer = adapter?.makeChunkWriter?.(spec, access);
  const backend = adapter?.makeBackend(spec, testDeps);
  if (store === undefined || writer === undefined || backend === undefined) throw new Error("expected a whole kind");
  return {
    drawn,
    backend,
    store,
    writer,
    check: async () => {
      const findings = (await adapter?.checkStore?.(spec, { signal: limit(), filterable: undefined })) ?? [];
      return findings.filter(({ level }) => level === "fails").map(({ found }) => found);
    },
    close: () => Promise.all([backend.close(), store.close(), writer.close()]),
  };
}

export function said<T>(work: Promise<T>): Promise<Said<T>> {
  return work.catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
}

export async function answersOf({ drawn: table, backend, store, writer, check }: Opened): Promise<Answers> {
  const request = requestOf({ embedding: Array.from({ length: dimension }, () => 1), k: 100 });
  const content = { text: table.hasText, metadata: table.metadata };
  const level = table.isDated ? "vector" : "ids";
  const scanned = await said(scan(store, level));
  const ids = typeof scanned === "string" ? [] : [...scanned.keys()];
  const fetched = await said(writer.fetch(ids, limit()));
  return {
    probe: (await factsOf(backend)).fault?.message ?? null,
    checked: await check(),
    served: await said(backend.retrieve({ ...request, content }, limit()).then(({ candidates }) => candidates)),
    scanned,
    lookedUp:
      typeof scanned === "string"
        ? scanned
        : await said(store.lookUp(ids, table.isDated ? "vector" : "fresh", limit())),
    fetched,
    refused: await said(writeOver(writer, typeof fetched === "string" ? [] : fetched)),
  };
}

async function scan(store: ChunkStore, level: VerifyLevel): Promise<Map<string, number | null>> {
  const found = new Map<string, number | null>();
  for await (const batch of store.scan({ level, sinceMs: null, after: null, pageSize: 3 }, limit())) {
    for (let row = 0; row < batch.count; row += 1) {
      const start = row === 0 ? 0 : batch.idEnds[row - 1];
      const id = Buffer.from(batch.idBytes.subarray(start, batch.idEnds[row])).toString();
      const ms = batch.updatedAtMs[row] ?? Number.NaN;
      found.set(id, Number.isNaN(ms) ? null : ms);
    }
  }
  return found;
}

async function writeOver(writer: ChunkWriter, chunks: readonly StoredChunk[]): Promise<readonly string[]> {
  await writer.inspect("write", limit());
  const writes = chunks.map(({ version, ...chunk }) => ({ chunk, over: version }));
  const left = await writer.check(writes, limit());
  return left.map((each) => (each.why === "refused" ? each.reason : each.why));
}
