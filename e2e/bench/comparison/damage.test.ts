// What each damage does to a copy, and to nothing else.
import { describe, expect, it } from "vitest";
import { loadDataset } from "#support/dataset/read.ts";
import { makeRandom } from "#support/random.ts";
import { damages, type StoredChunk, storedChunks } from "./damage.ts";

const chunks = storedChunks(loadDataset());

function damaged(name: string): readonly StoredChunk[] {
  const damage = damages.find((each) => each.name === name);
  if (damage === undefined) throw new Error(`no damage named ${name}`);
  return damage.apply(chunks, makeRandom(5));
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe("a damaged copy", () => {
  it("that isn't damaged is the original", () => {
    expect(damaged("none")).toEqual(chunks);
  });

  it.each([
    ["1 % missing", 0.01],
    ["20 % missing", 0.2],
    ["50 % missing", 0.5],
  ])("with %s lacks about that share and changes no other chunk", (name, share) => {
    const left = damaged(name);
    expect(1 - left.length / chunks.length).toBeCloseTo(share, 1);
    expect(left.every((chunk) => chunks[chunk.row] === chunk)).toBe(true);
  });

  it("with its vectors on the wrong ids holds all vectors, none at home", () => {
    const shuffled = damaged("vectors on the wrong ids");
    expect(new Set(shuffled.map(({ vector }) => vector))).toEqual(new Set(chunks.map(({ vector }) => vector)));
    expect(shuffled.filter(({ vector }, row) => vector === chunks[row]?.vector)).toEqual([]);
  });

  it("with stale chunks holds older times and other vectors for a fifth of them", () => {
    const stale = damaged("20 % stale").filter((chunk, row) => chunk !== chunks[row]);
    expect(stale.length / chunks.length).toBeCloseTo(0.2, 1);
    expect(stale.every(({ row, updatedAt }) => updatedAt < (chunks[row]?.updatedAt ?? ""))).toBe(true);
  });

  it("with int8 vectors points almost where the original does", () => {
    const quantised = damaged("int8 quantised");
    const worst = Math.min(...quantised.map(({ vector }, row) => cosine(vector, chunks[row]?.vector ?? vector)));
    expect(worst).toBeGreaterThan(0.999);
    expect(worst).toBeLessThan(1);
  });
});
