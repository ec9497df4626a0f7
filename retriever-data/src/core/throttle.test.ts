import { expect, test } from "vitest";
import { makeThrottle } from "./throttle.ts";

test("a store rests at least as long as it read, and no longer than the bound on the rate asks", () => {
  const throttle = makeThrottle(1e9);
  expect(throttle.pauseAfter(1000, 20, 20)).toBeCloseTo(20, 6);
  expect(makeThrottle(10_000).pauseAfter(1000, 20, 20)).toBeCloseTo(80, 6);
  expect(makeThrottle(null).pauseAfter(1000, 20, 20)).toBe(0);
  expect(throttle.pauseAfter(0, 20, 20)).toBe(0);
});

test("the reader's own work counts as rest", () => {
  expect(makeThrottle(1e9).pauseAfter(1000, 20, 35)).toBeCloseTo(5, 6);
  expect(makeThrottle(1e9).pauseAfter(1000, 20, 50)).toBe(0);
});

test("a store that has become slow is read ever more rarely, and again as before once it is well", () => {
  const throttle = makeThrottle(1e9);
  const usual = throttle.pauseAfter(1000, 10, 10);
  const strained = Array.from({ length: 8 }, () => throttle.pauseAfter(1000, 40, 40));
  expect(strained[0]).toBeGreaterThan(100);
  expect(strained.at(-1)).toBeGreaterThan(1500);
  expect(strained).toEqual(strained.toSorted((a, b) => a - b));
  const recovering = Array.from({ length: 12 }, () => throttle.pauseAfter(1000, 10, 10));
  expect(recovering.at(-1)).toBeCloseTo(usual, 6);
});

test("no pause is longer than ten seconds", () => {
  expect(makeThrottle(1).pauseAfter(1_000_000, 10, 10)).toBe(10_000);
});
