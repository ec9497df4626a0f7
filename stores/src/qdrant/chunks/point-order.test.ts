import fc from "fast-check";
import { expect, test } from "vitest";
import { evenBounds, greatestAt, isReached } from "./point-order.ts";

const uuid = fc.uuid().map((id) => JSON.stringify(id));
const integer = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);

test("bounds of integers and of UUIDs ascend, and lie between the first id and the last", () => {
  fc.assert(
    fc.property(fc.oneof(uuid, integer), fc.integer({ min: 2, max: 256 }), (first, parts) => {
      const last = first.startsWith('"') ? 0n : 2n ** 64n - 1n;
      const bounds = evenBounds(parts, first, last);
      const behind = bounds.slice(1);
      expect(behind.map((bound, index) => isReached(bound, bounds[index]))).toEqual(behind.map(() => true));
      expect(behind.map((bound, index) => isReached(bounds[index] ?? null, bound))).toEqual(behind.map(() => false));
      expect(bounds.length).toBeLessThan(parts);
    }),
  );
});

test("wherever an id lies, it is in one part: behind no bound that it hasn't reached", () => {
  fc.assert(
    fc.property(fc.oneof(uuid, integer), fc.array(fc.oneof(uuid, integer), { maxLength: 8 }), (id, drawn) => {
      const bounds = drawn.toSorted((a, b) => (isReached(a, b) ? 1 : -1));
      const edges = [null, ...bounds, null];
      const isIn = (part: number): boolean =>
        (edges[part] === null || isReached(id, edges[part])) &&
        (edges[part + 1] === null || !isReached(id, edges[part + 1]));
      const distinct = new Set(bounds).size === bounds.length;
      const parts = Array.from({ length: bounds.length + 1 }, (_, part) => part).filter(isIn);
      expect(distinct ? parts.length : Math.min(1, parts.length)).toBe(1);
    }),
  );
});

test("UUIDs of a hash are divided at the same places whatever there is, integers between the first and the last", () => {
  expect(evenBounds(4, JSON.stringify("0193f5c2-0000-7000-8000-000000000000"), 0n)).toEqual([
    '"40000000-0000-0000-0000-000000000000"',
    '"80000000-0000-0000-0000-000000000000"',
    '"c0000000-0000-0000-0000-000000000000"',
  ]);
  expect(evenBounds(3, "10", 39n)).toEqual(["20", "30"]);
  expect(evenBounds(5, "10", 11n)).toEqual(["11"]);
});

test("the greatest integer is found though most numbers have no point", async () => {
  for (const held of [0n, 5n, 2n ** 53n + 1n, 2n ** 64n - 1n])
    expect(await greatestAt(0n, async (number) => number <= held)).toBe(held);
});

test("integers come before UUIDs, and what is no point id is a fault of the answer", () => {
  expect(isReached("18446744073709551615", '"00000000-0000-0000-0000-000000000000"')).toBe(false);
  expect(isReached('"00000000-0000-0000-0000-000000000000"', "18446744073709551615")).toBe(true);
  expect([isReached(null, "1"), isReached("1", null), isReached("1", undefined)]).toEqual([false, false, false]);
  for (const hostile of ["1.5", '"zz"', "{}", "-1", '"1"'])
    expect(() => isReached(hostile, "1")).toThrow(expect.objectContaining({ code: "RETR_BACKEND_ANSWER_INVALID" }));
});
