// Qdrant compares ranges as doubles without an index and as integers, bounds cut to 64 bits, with one: both have to find
// the integers of a range and no others.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Bounds } from "#ports/filter.ts";
import { splitIntegers } from "./integer-range.ts";

const [smallest, largest] = [-(2n ** 63n), 2n ** 63n - 1n];
const corners = [smallest, -(2n ** 62n), -(2n ** 53n), -1n, 0n, 1n, 42n, 2n ** 53n, 2n ** 60n, 2n ** 62n, largest];
const nearCorner = fc
  .tuple(fc.constantFrom(...corners), fc.bigInt({ min: -2100n, max: 2100n }))
  .map(([corner, step]) => corner + step)
  .filter((value) => value >= smallest && value <= largest);
const integer = fc.oneof(nearCorner, fc.bigInt({ min: smallest, max: largest }));
const low = fc.oneof(
  fc.constant({}),
  integer.map((gt) => ({ gt })),
  integer.map((gte) => ({ gte })),
);
const high = fc.oneof(
  fc.constant({}),
  integer.map((lt) => ({ lt })),
  integer.map((lte) => ({ lte })),
);

function holds({ gt, gte, lt, lte }: Bounds, value: bigint): boolean {
  return (
    (gt === undefined || value > (gt as bigint)) &&
    (gte === undefined || value >= (gte as bigint)) &&
    (lt === undefined || value < (lt as bigint)) &&
    (lte === undefined || value <= (lte as bigint))
  );
}

function cut(bound: number): bigint {
  const exact = BigInt(bound);
  return exact > largest ? largest : exact < smallest ? smallest : exact;
}

test("a range and a list together hold the integers of the bounds, compared as doubles or as integers", () => {
  fc.assert(
    fc.property(low, high, fc.array(integer, { minLength: 1, maxLength: 20 }), (from, to, others) => {
      const bounds: Bounds = { ...from, ...to };
      const { range, listed } = splitIntegers(bounds);
      expect(listed.length).toBeLessThan(5000);
      const near = Object.values(bounds).flatMap((bound) => [-1n, 0n, 1n, 2n].map((step) => (bound as bigint) + step));
      for (const value of [...others, ...near.filter((each) => each >= smallest && each <= largest)]) {
        const { gte, lte } = range ?? {};
        const asDouble = (gte === undefined || Number(value) >= gte) && (lte === undefined || Number(value) <= lte);
        const asInteger = (gte === undefined || value >= cut(gte)) && (lte === undefined || value <= cut(lte));
        const isListed = listed.includes(value);
        const expected = holds(bounds, value);
        expect((range !== null && asDouble) || isListed).toBe(expected);
        expect((range !== null && asInteger) || isListed).toBe(expected);
      }
    }),
    { numRuns: 1000 },
  );
});

test("bounds that doubles tell apart need no list", () => {
  expect(splitIntegers({ gt: 41n, lte: 42n })).toEqual({ range: { gte: 42, lte: 42 }, listed: [] });
  expect(splitIntegers({ gte: 9007199254740993n })).toEqual({
    range: { gte: 9007199254740994 },
    listed: [9007199254740993n],
  });
  expect(splitIntegers({ gte: 5n, lt: 5n })).toEqual({ range: null, listed: [] });
});
