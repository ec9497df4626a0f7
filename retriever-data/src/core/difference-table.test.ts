import { hashValue, makeHashId, modulus } from "@retriever/stores/chunks/element-hash.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeDifferenceTable, peel } from "./difference-table.ts";

const word = fc.integer({ min: 0, max: modulus - 1 });
const element = fc.tuple(word, word, word, word).map((words) => Int32Array.from(words));

test("whatever two sides don't share is named exactly, as often as it differs, in any order, many at once or one by one", () => {
  const shared = fc.array(element, { maxLength: 80 });
  const differing = fc.uniqueArray(fc.tuple(element, fc.integer({ min: -5, max: 5 }).filter(Boolean)), {
    maxLength: 40,
    selector: ([words]) => words.join(),
  });
  fc.assert(
    fc.property(shared, differing, (same, different) => {
      const table = makeDifferenceTable(6000);
      table.change(Int32Array.from(same.flatMap((words) => [...words])), 1);
      for (const [words, times] of different) change(table, words, times);
      for (const words of same.toReversed()) table.change(words, -1);
      const { isComplete, ...rest } = peel(table);
      expect(isComplete).toBe(true);
      expect(readAll(rest)).toEqual(new Map(different.map(([words, times]) => [words.join(), times])));
    }),
    { numRuns: 300 },
  );
});

test("as many differences as the capacity promises are named, at the default size and a small one", () => {
  for (const cells of [3000, 131_072]) {
    const table = makeDifferenceTable(cells);
    const expected = new Map<string, number>();
    for (let index = 0; index < table.capacity; index += 1) {
      const words = pseudoRandom(index + cells);
      const sign = index % 3 === 0 ? -1 : 1;
      table.change(words, sign);
      expected.set(words.join(), sign);
    }
    const leftovers = peel(table);
    expect(leftovers.isComplete).toBe(true);
    expect(readAll(leftovers)).toEqual(expected);
  }
});

test("F15: 60,000 chunks of a bulk load, which share one moment, are named as any others are", () => {
  const bytes = new Uint8Array(8);
  for (let seed = 1; seed <= 16; seed += 1) {
    const table = makeDifferenceTable(131_072);
    const hashId = makeHashId([seed, 7]);
    const words = new Int32Array(4);
    hashValue(Date.UTC(2026, 0, 1), [0, 0], words);
    for (let index = 0; index < 60_000; index += 1) {
      new DataView(bytes.buffer).setUint32(4, index);
      hashId(bytes, 0, bytes.length, words);
      table.change(words, 1);
    }
    const { isComplete, size } = peel(table);
    expect({ seed, isComplete, size }).toEqual({ seed, isComplete: true, size: 60_000 });
  }
});

test("more differences than fit are reported as incomplete, and nothing is named that doesn't differ", () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.integer({ min: 320, max: 2000 }), (seed, size) => {
      const table = makeDifferenceTable(300);
      const expected = new Map<string, number>();
      for (let index = 0; index < size; index += 1) {
        const words = pseudoRandom(seed + index * 7919);
        table.change(words, index % 2 === 0 ? 1 : -1);
        expected.set(words.join(), index % 2 === 0 ? 1 : -1);
      }
      const leftovers = peel(table);
      expect(leftovers.isComplete).toBe(false);
      for (const [words, times] of readAll(leftovers)) expect(expected.get(words)).toBe(times);
    }),
    { numRuns: 100 },
  );
});

test("peeling leaves the table as it is, and a table made of its sums goes on where it stood", () => {
  const table = makeDifferenceTable(300);
  table.change(pseudoRandom(1), 1);
  expect(peel(table).size).toBe(1);
  const restored = makeDifferenceTable(300, table.sums.slice());
  restored.change(pseudoRandom(1), -1);
  restored.change(pseudoRandom(2), -1);
  expect([...readAll(peel(restored))]).toEqual([[pseudoRandom(2).join(), -1]]);
  expect(peel(table).size).toBe(1);
});

function change(table: ReturnType<typeof makeDifferenceTable>, words: Int32Array, times: number): void {
  for (let count = 0; count < Math.abs(times); count += 1) table.change(words, times > 0 ? 1 : -1);
}

function readAll(leftovers: Omit<ReturnType<typeof peel>, "isComplete">): Map<string, number> {
  const { words, counts, size } = leftovers;
  return new Map(
    Array.from({ length: size }, (_, index) => [
      words.subarray(index * 4, index * 4 + 4).join(),
      counts[index] as number,
    ]),
  );
}

/** Four words that hang on the seed alone (splitmix64). */
function pseudoRandom(seed: number): Int32Array {
  let state = BigInt(seed);
  return Int32Array.from({ length: 4 }, () => {
    state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
    let mixed = state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn;
    return Number((mixed ^ (mixed >> 31n)) % BigInt(modulus));
  });
}
