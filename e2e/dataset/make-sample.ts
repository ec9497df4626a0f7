// Cuts this folder's sample out of the full data set (20,000 chunks, 1,000 queries) and writes its manifest.
// node e2e/dataset/make-sample.ts FOLDER: the folder that holds the full set's four files, as the README describes it.
import { hash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { fileNames, type Manifest } from "./read.ts";

const dim = 384;
const bytesPerRow = dim * 2;
const wantedChunks = 5000;

type Sample = { readonly lines: readonly string[]; readonly vectors: Buffer };

function readFull(folder: string, lines: string, vectors: string): Sample {
  const text = gunzipSync(readFileSync(join(folder, lines))).toString("utf8");
  const sample = { lines: text.trimEnd().split("\n"), vectors: readFileSync(join(folder, vectors)) };
  if (sample.vectors.length !== sample.lines.length * bytesPerRow) {
    throw new Error(
      `${vectors}: ${sample.vectors.length} bytes, expected ${sample.lines.length} rows of ${bytesPerRow}`,
    );
  }
  return sample;
}

function field(line: string, name: string): unknown {
  const row: Readonly<Record<string, unknown>> = JSON.parse(line);
  return row[name];
}

/** The first rows, cut back to whole entities: they stand in hash order, so they are a fair sample. */
function firstEntities(full: Sample): Sample {
  let end = wantedChunks;
  while (end > 0 && field(full.lines[end] ?? "{}", "entityId") === field(full.lines[end - 1] ?? "{}", "entityId"))
    end -= 1;
  return { lines: full.lines.slice(0, end), vectors: full.vectors.subarray(0, end * bytesPerRow) };
}

/** The queries whose source chunk is part of the sample. */
function queriesOf(chunks: Sample, full: Sample): Sample {
  const known = new Set(chunks.lines.map((line) => field(line, "chunkId")));
  const rows = full.lines.flatMap((line, row) => (known.has(field(line, "sourceChunkId")) ? [row] : []));
  return {
    lines: rows.map((row) => full.lines[row] ?? ""),
    vectors: Buffer.concat(rows.map((row) => full.vectors.subarray(row * bytesPerRow, (row + 1) * bytesPerRow))),
  };
}

function main(folder: string): void {
  const chunks = firstEntities(readFull(folder, "chunks.jsonl.gz", "vectors.f16.bin"));
  const queries = queriesOf(chunks, readFull(folder, "queries.jsonl.gz", "queries.f16.bin"));
  const contents = {
    "chunks.jsonl.gz": gzipSync(`${chunks.lines.join("\n")}\n`, { level: 9 }),
    "vectors.f16.bin": chunks.vectors,
    "queries.jsonl.gz": gzipSync(`${queries.lines.join("\n")}\n`, { level: 9 }),
    "queries.f16.bin": queries.vectors,
  } as const;
  const describe = (bytes: Buffer) => ({ bytes: bytes.length, sha256: hash("sha256", bytes) });
  for (const name of fileNames) writeFileSync(join(import.meta.dirname, name), contents[name]);
  const manifest: Manifest = {
    dim,
    chunks: chunks.lines.length,
    queries: queries.lines.length,
    files: {
      "chunks.jsonl.gz": describe(contents["chunks.jsonl.gz"]),
      "vectors.f16.bin": describe(contents["vectors.f16.bin"]),
      "queries.jsonl.gz": describe(contents["queries.jsonl.gz"]),
      "queries.f16.bin": describe(contents["queries.f16.bin"]),
    },
  };
  writeFileSync(join(import.meta.dirname, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: node e2e/dataset/make-sample.ts FOLDER (of the full data set)");
main(folder);
