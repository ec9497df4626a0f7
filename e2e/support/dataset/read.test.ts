// The data are what their README says: whole, unit vectors, and searchable with known answers.
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeFloat16, fileNames, loadDataset, manifestSchema } from "./read.ts";

const here = import.meta.dirname;
const dataset = loadDataset();

/** Exact cosine search in float64, ties to the earlier row. */
function nearest(query: Float32Array): string | undefined {
  let best = { row: -1, cosine: -2 };
  for (let row = 0; row < dataset.chunks.length; row += 1) {
    const vector = dataset.vector(row);
    let product = 0;
    let square = 0;
    for (const [index, value] of vector.entries()) {
      product += value * (query[index] ?? 0);
      square += value * value;
    }
    const cosine = product / Math.sqrt(square);
    if (cosine > best.cosine) best = { row, cosine };
  }
  return dataset.chunks[best.row]?.chunkId;
}

function normOf(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

describe("the dataset", () => {
  it("has 20,000 distinct chunks and 1,000 queries, each with its vector", () => {
    const whole = loadDataset(20_000);
    expect(whole).toMatchObject({ dim: 384, chunks: { length: 20_000 }, queries: { length: 1000 } });
    expect(new Set(whole.chunks.map(({ chunkId }) => chunkId)).size).toBe(20_000);
    expect(whole.vector(4999)).toEqual(dataset.vector(4999));
    expect(normOf(whole.vector(19_999))).toBeCloseTo(1, 3);
    const row = whole.queries.findIndex(({ queryId }) => queryId === dataset.queries[7]?.queryId);
    expect(whole.queryVector(row)).toEqual(dataset.queryVector(7));
  });

  it("that is cut in the middle of an entity ends before it", () => {
    const row = dataset.chunks.findIndex(({ entityId }, index) => dataset.chunks[index + 1]?.entityId === entityId);
    const { chunks } = loadDataset(row + 1);
    expect(chunks.length).toBeLessThan(row + 1);
    expect(chunks.at(-1)?.entityId).not.toBe(dataset.chunks[row]?.entityId);
  });

  it("as most read it has 5,000 distinct chunks and 269 queries of 384 dimensions", () => {
    expect(dataset).toMatchObject({ dim: 384, chunks: { length: 5000 }, queries: { length: 269 } });
    expect(new Set(dataset.chunks.map(({ chunkId }) => chunkId)).size).toBe(5000);
    expect(dataset.vector(4999)).toHaveLength(384);
  });

  it("has vectors of length 1 to about 1e-4", () => {
    const norms = [
      ...dataset.chunks.map((_, row) => normOf(dataset.vector(row))),
      ...dataset.queries.map((_, row) => normOf(dataset.queryVector(row))),
    ];
    expect(norms.filter((norm) => Math.abs(norm - 1) > 2e-4)).toEqual([]);
  });

  it("holds the source chunk of every query", () => {
    const known = new Set(dataset.chunks.map(({ chunkId }) => chunkId));
    expect(dataset.queries.filter(({ sourceChunkId }) => !known.has(sourceChunkId))).toEqual([]);
  });

  // From the full set's ground truth: an answer that is best among 20,000 chunks is best among these too.
  it.each([
    ["q0008", "wn30-adv-00122124"],
    ["q0018", "wn30-noun-09426307"],
    ["q0040", "wn30-noun-00164152"],
    ["q0083", "wn30-adj-01499457"],
    ["q0093", "wn30-verb-02261906"],
    ["q0118", "wn30-verb-01032145"],
  ])("answers query %s with %s by exact search", (queryId, chunkId) => {
    const row = dataset.queries.findIndex((query) => query.queryId === queryId);
    expect(nearest(dataset.queryVector(row))).toBe(chunkId);
  });

  it("refuses a row that isn't there", () => {
    expect(() => dataset.vector(5000)).toThrow("row 5000, expected 0 to 4999");
    expect(() => dataset.queryVector(-1)).toThrow(RangeError);
  });

  it("refuses a file whose checksum differs, naming it", () => {
    const copy = mkdtempSync(join(tmpdir(), "dataset-"));
    onTestFinished(() => rmSync(copy, { recursive: true }));
    for (const name of [...fileNames, "manifest.json"]) cpSync(join(here, name), join(copy, name));
    const vectors = readFileSync(join(copy, "vectors.f16.bin"));
    vectors[1000] = (vectors[1000] ?? 0) ^ 1;
    writeFileSync(join(copy, "vectors.f16.bin"), vectors);
    expect(() => loadDataset(5000, copy)).toThrow(/^vectors\.f16\.bin: sha256 is/);
  });

  it("is described by the README with the manifest's sizes and checksums, in under 18 MB", () => {
    const readme = readFileSync(join(here, "README.md"), "utf8");
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(here, "manifest.json"), "utf8")));
    for (const name of fileNames) {
      const { bytes, sha256 } = manifest.files[name];
      expect(statSync(join(here, name)).size).toBe(bytes);
      expect(readme).toContain(`| ${bytes} | \`${sha256}\` |`);
    }
    expect(fileNames.reduce((sum, name) => sum + manifest.files[name].bytes, 0)).toBeLessThan(18e6);
  });
});

describe("decodeFloat16", () => {
  it.each([
    [[0x00, 0x3c], 1],
    [[0x00, 0xc0], -2],
    [[0x01, 0x00], 2 ** -24],
    [[0xff, 0x7b], 65_504],
    [[0x00, 0x7c], Number.POSITIVE_INFINITY],
    [[0x01, 0x7c], Number.NaN],
    [[0x55, 0x35], 0.333251953125],
  ])("reads the bytes %j as %d", (bytes, value) => {
    expect([...decodeFloat16(Uint8Array.from(bytes))]).toEqual([value]);
  });

  it("agrees with the engine's own half-precision numbers, all of them", () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, index) => index);
    expect(decodeFloat16(new Uint8Array(bits.buffer))).toEqual(Float32Array.from(new Float16Array(bits.buffer)));
  });
});
