import { describe, expect, it } from "vitest";
import { isSameData } from "./deep-equal.ts";

describe("isSameData", () => {
  it.each([
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [{ a: 1 }, { b: 1 }, false],
    [null, {}, false],
    ["a", "a", true],
    [{ a: undefined }, { b: undefined }, true],
    [Number.NaN, Number.NaN, true],
  ])("%o and %o: %s", (a, b, same) => {
    expect(isSameData(a, b)).toBe(same);
  });
});
