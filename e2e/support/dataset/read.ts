// Reads the real chunks and queries that the demo, the tests and the benchmarks search.
// Every file is held against its checksum first: a damaged one is refused, not searched.
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";

export const fileNames = ["chunks.jsonl.gz", "vectors.f16.bin", "queries.jsonl.gz", "queries.f16.bin"] as const;
type FileName = (typeof fileNames)[number];

const fileSchema = z.strictObject({ bytes: z.int().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export const manifestSchema = z.strictObject({
  dim: z.int().min(1),
  chunks: z.int().min(1),
  queries: z.int().min(1),
  files: z.record(z.enum(fileNames), fileSchema),
});
type Manifest = z.infer<typeof manifestSchema>;

const chunkSchema = z.strictObject({
  chunkId: z.string(),
  entityId: z.string(),
  namespace: z.string(),
  updatedAt: z.string(),
  lang: z.string(),
  pos: z.string(),
  words: z.int(),
  hasExample: z.boolean(),
  text: z.string(),
});
/** One sense of one dictionary entry: its words and its definition. */
type Chunk = Readonly<z.infer<typeof chunkSchema>>;

const querySchema = z.strictObject({
  queryId: z.string(),
  namespace: z.string(),
  sourceChunkId: z.string(),
  text: z.string(),
});
/** An example sentence for the sense `sourceChunkId`, whose nearest chunk may well be another one. */
type Query = Readonly<z.infer<typeof querySchema>>;

export type Dataset = {
  readonly dim: number;
  readonly chunks: readonly Chunk[];
  readonly queries: readonly Query[];
  /** Embedding of the chunk in row `index`: a view of `dim` numbers, norm 1 to about 1e-4. Throws RangeError for no such row. */
  readonly vector: (index: number) => Float32Array;
  /** Embedding of the query in row `index`, likewise. */
  readonly queryVector: (index: number) => Float32Array;
};

/** A fair sample: rows stand in hash order. Enough for whoever doesn't ask about all. */
const sampleChunks = 5000;

/**
 * The first chunks, cut back to whole entities, and the queries whose source is among them; from the files beside this
 * module, or in `folder`. Throws when a file isn't the one that its manifest names.
 */
export function loadDataset(wantedChunks: number = sampleChunks, folder: string = import.meta.dirname): Dataset {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
  const read = (name: FileName) => readVerified(folder, name, manifest);
  const { dim } = manifest;
  const chunks = firstEntities(parseLines(read("chunks.jsonl.gz"), chunkSchema, manifest.chunks), wantedChunks);
  const known = new Set(chunks.map(({ chunkId }) => chunkId));
  const queries = parseLines(read("queries.jsonl.gz"), querySchema, manifest.queries);
  const rows = queries.flatMap(({ sourceChunkId }, row) => (known.has(sourceChunkId) ? [row] : []));
  const queryVectors = read("queries.f16.bin");
  return {
    dim,
    chunks,
    queries: rows.flatMap((row) => queries[row] ?? []),
    vector: rowsOf(decodeFloat16(rowBytes(read("vectors.f16.bin"), dim, 0, chunks.length)), dim, chunks.length),
    queryVector: rowsOf(
      decodeFloat16(Buffer.concat(rows.map((row) => rowBytes(queryVectors, dim, row, row + 1)))),
      dim,
      rows.length,
    ),
  };
}

function firstEntities(chunks: readonly Chunk[], wanted: number): readonly Chunk[] {
  let end = Math.min(wanted, chunks.length);
  while (end > 0 && end < chunks.length && chunks[end]?.entityId === chunks[end - 1]?.entityId) end -= 1;
  return chunks.slice(0, end);
}

function rowBytes(bytes: Buffer, dim: number, from: number, to: number): Buffer {
  return bytes.subarray(from * dim * Uint16Array.BYTES_PER_ELEMENT, to * dim * Uint16Array.BYTES_PER_ELEMENT);
}

function readVerified(folder: string, name: FileName, manifest: Manifest): Buffer {
  const bytes = readFileSync(join(folder, name));
  const expected = manifest.files[name].sha256;
  const actual = hash("sha256", bytes);
  if (actual !== expected) throw new Error(`${name}: sha256 is ${actual}, expected ${expected}`);
  return bytes;
}

/** Lines of a gzipped JSON-lines file, each held against the schema. Throws when there are not `count` of them. */
function parseLines<T>(gzipped: Uint8Array, schema: z.ZodType<T>, count: number): T[] {
  const lines = gunzipSync(gzipped).toString("utf8").trimEnd().split("\n");
  if (lines.length !== count) throw new Error(`${lines.length} lines, expected ${count}`);
  return lines.map((line) => schema.parse(JSON.parse(line)));
}

function rowsOf(values: Float32Array, dim: number, count: number): (index: number) => Float32Array {
  if (values.length !== dim * count) throw new Error(`${values.length} numbers, expected ${count} rows of ${dim}`);
  return (index) => {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(`row ${index}, expected 0 to ${count - 1}`);
    }
    return values.subarray(index * dim, (index + 1) * dim);
  };
}

/** All numbers of a buffer of little-endian float16, in order, whatever the machine's own order is. */
export function decodeFloat16(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length >> 1 }, (_, index) => view.getFloat16(2 * index, true));
}
