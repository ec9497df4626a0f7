import fc from "fast-check";
import { expect, it } from "vitest";
import { keptCount, keptGroupCount } from "./kept-count.ts";

it("a count is kept as a status of so many digits gives it back, whole or not", () => {
  const counts = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }));
  fc.assert(
    fc.property(counts, (count) => {
      expect(keptCount(count)).toBe(Number(count.toPrecision(9)) + 0);
      expect(keptGroupCount(count)).toBe(Number(count.toPrecision(6)) + 0);
      expect(keptCount(keptCount(count))).toBe(keptCount(count));
    }),
  );
  expect(keptCount(-0)).toBe(0);
});
