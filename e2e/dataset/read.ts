// Reads the sample of real chunks and queries that the demo, the tests and the benchmarks search.
// Every file is held against its checksum first: a damaged sample is refused, not searched.
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { decodeFloat16 } from "./float16.ts";

export const fileNames = ["chunks.jsonl.gz", "vectors.f16.bin", "queries.jsonl.gz", "queries.f16.bin"] as const;
type FileName = (typeof fileNames)[number];

const fileSchema = z.strictObject({ bytes: z.int().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export const manifestSchema = z.strictObject({
  dim: z.int().min(1),
  chunks: z.int().min(1),
  queries: z.int().min(1),
  files: z.record(z.enum(fileNames), fileSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;

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
export type Chunk = Readonly<z.infer<typeof chunkSchema>>;

const querySchema = z.strictObject({
  queryId: z.string(),
  namespace: z.string(),
  sourceChunkId: z.string(),
  text: z.string(),
});
/** An example sentence for the sense `sourceChunkId`, whose nearest chunk may well be another one. */
export type Query = Readonly<z.infer<typeof querySchema>>;

export type Dataset = {
  readonly dim: number;
  readonly chunks: readonly Chunk[];
  readonly queries: readonly Query[];
  /** Embedding of the chunk in row `index`: a view of `dim` numbers, norm 1 to about 1e-4. Throws RangeError for no such row. */
  readonly vector: (index: number) => Float32Array;
  /** Embedding of the query in row `index`, likewise. */
  readonly queryVector: (index: number) => Float32Array;
};

/** The sample beside this module, or the one in `folder`. Throws when a file isn't the one that its manifest names. */
export function loadDataset(folder: string = import.meta.dirname): Dataset {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
  const read = (name: FileName) => readVerified(folder, name, manifest);
  const { dim } = manifest;
  return {
    dim,
    chunks: parseLines(read("chunks.jsonl.gz"), chunkSchema, manifest.chunks),
    queries: parseLines(read("queries.jsonl.gz"), querySchema, manifest.queries),
    vector: rowsOf(decodeFloat16(read("vectors.f16.bin")), dim, manifest.chunks),
    queryVector: rowsOf(decodeFloat16(read("queries.f16.bin")), dim, manifest.queries),
  };
}

function readVerified(folder: string, name: FileName, manifest: Manifest): Buffer {
  const bytes = readFileSync(join(folder, name));
  const expected = manifest.files[name].sha256;
  const actual = hash("sha256", bytes);
  if (actual !== expected) throw new Error(`${name}: sha256 is ${actual}, expected ${expected}`);
  return bytes;
}

/** Lines of a gzipped JSON-lines file, each held against the schema. Throws when there are not `count` of them. */
export function parseLines<T>(gzipped: Uint8Array, schema: z.ZodType<T>, count: number): T[] {
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
