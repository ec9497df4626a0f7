// What a copy needs of memory however many chunks there are: for the benchmark, which starts this as a process.
// `copy-main.ts CHUNKS`, with --expose-gc, copies a simulated source into a destination that holds nothing; prints one JSON
// line: the most that the heap and its buffers held after a collection, and the resident memory at its peak.
import type { ChunkStore, ChunkWriter, WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { fill } from "#copy/fill.ts";
import { makeChunkMemory } from "./chunk-memory.ts";

const chunks = Number(process.argv[2]);
const dimension = 384;

/** As adapters read them, the vectors of a page lie in one piece. */
function pageAt(start: number, count: number): WholeChunk[] {
  const floats = new Float32Array(count * dimension);
  return Array.from({ length: count }, (_, row) =>
    chunkAt(start + row, floats.subarray(row * dimension, (row + 1) * dimension).fill(start + row)),
  );
}

function chunkAt(index: number, vector: Float32Array): WholeChunk {
  const id = `document-${String(index).padStart(8, "0")}`;
  return {
    id,
    entityId: "e",
    namespace: "n",
    updatedAt: "2026-01-01T00:00:00.001Z",
    fields: { text: `text of ${id} `.repeat(20) },
    vector,
  };
}

const memory = makeChunkMemory("source", pageAt(0, 1));
const source: ChunkWriter = {
  ...memory.writer,
  scan: async function* ({ after, pageSize }) {
    for (let start = Number(after ?? 0); start < chunks; start += pageSize) {
      const page = pageAt(start, Math.min(pageSize, chunks - start));
      yield { chunks: page, count: page.length, cursor: String(start + page.length), storeMs: 1 };
    }
  },
};
let [loaded, keptBytes] = [0, 0];
/** Chunks between two collections. */
const every = Math.ceil(chunks / 20);

function keep(): void {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  keptBytes = Math.max(keptBytes, heapUsed + external);
}

const destination: ChunkWriter = {
  ...makeChunkMemory("destination", []).writer,
  load: async (given) => {
    if (Math.floor(loaded / every) < Math.floor((loaded + given.length) / every)) keep();
    loaded += given.length;
    await new Promise((resolve) => setImmediate(resolve));
    return [];
  },
};
const empty: ChunkStore = { ...makeChunkMemory("destination", []).store, lookUp: async () => [] };

const startedAt = performance.now();
await fill(
  { level: "vector", rowsPerSecond: null, batchSize: 500, atOnce: 2, isEmpty: true },
  {
    clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
    pause: async () => undefined,
    random: () => 0.5,
    onNote: () => {},
    onProgress: () => {},
    source: { store: memory.store, writer: source },
    destination: { store: empty, writer: destination },
  },
  new AbortController().signal,
);
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(
  `${JSON.stringify({ loaded, keptBytes, peakBytes, seconds: (performance.now() - startedAt) / 1000 })}\n`,
);
