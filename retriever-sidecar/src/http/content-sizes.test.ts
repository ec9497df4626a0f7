import fc from "fast-check";
import { expect, test } from "vitest";
import { makeContentSizes } from "./content-sizes.ts";

const mib = 1_048_576;

test("where nothing is known yet, an answer is as large as its chunks may make it", () => {
  const { expected } = makeContentSizes();
  expect(expected(1)).toBeLessThanOrEqual(mib / 4);
  expect(expected(1000)).toBe(8 * mib);
});

test("one whole document says nothing of answers with many short chunks", () => {
  const { expected, learn } = makeContentSizes();
  learn(100, 100_000);
  learn(1, 65_000);
  expect(expected(100)).toBe(100_000);
  expect(expected(120)).toBe(100_000);
});

test("a large answer among many small ones makes none of them large, and many do", () => {
  const { expected, learn } = makeContentSizes();
  for (let count = 0; count < 63; count += 1) learn(20, 20_000);
  learn(20, mib);
  expect(expected(20)).toBeLessThan(mib / 4);
  for (let count = 0; count < 32; count += 1) learn(20, 7 * mib);
  expect(expected(20)).toBeGreaterThan(4 * mib);
});

test("a failure tells of the size only while nothing else does", () => {
  const { expected, learn, learnFailure } = makeContentSizes();
  learnFailure(1000);
  expect(expected(1000)).toBe(0);
  learn(100, 5 * mib);
  learnFailure(100);
  expect(expected(100)).toBe(5 * mib);
});

test("what is expected lies between the smallest and the largest of the last 64", () => {
  const sizes = fc.array(fc.nat({ max: 8 * mib }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(sizes, (all) => {
      const { expected, learn } = makeContentSizes();
      for (const bytes of all) learn(10, bytes);
      const last = all.slice(-64);
      expect(expected(10)).toBeGreaterThanOrEqual(Math.min(...last) - 1);
      expect(expected(10)).toBeLessThanOrEqual(Math.max(...last) + 1);
    }),
  );
});
