import { oddMoments } from "@retriever/stores/ports/chunk-store.ts";
import { expect, test } from "vitest";
import { isHeld, isHeldExactly } from "./is-held.ts";

const at = Date.UTC(2026, 2, 1, 10, 20, 30, 456);

test("a chunk is held where its moment is the source's or newer, and isn't where it is older, undated or absent", () => {
  expect(isHeld(at, at)).toBe(true);
  expect(isHeld(at, at + 1)).toBe(true);
  expect(isHeld(at, at - 1)).toBe(false);
  expect(isHeld(at, null)).toBe(false);
  expect(isHeld(null, null)).toBe(true);
  expect(isHeld(null, undefined)).toBe(false);
});

test("a store that holds whole seconds or days isn't older for what it cut off, and a moment that can't be read is left", () => {
  expect(isHeld(at, at - 456)).toBe(true);
  expect(isHeld(at, Date.UTC(2026, 2, 1))).toBe(true);
  expect(isHeld(at, Date.UTC(2026, 1, 28))).toBe(false);
  expect(isHeld(at, oddMoments.unreadable)).toBe(true);
  expect([isHeld(at, at - 6), isHeld(at, at - 6, "centisecond")]).toEqual([false, true]);
});

test("taken exactly, a whole second that the source's moment lies in is older, and the same microsecond is held", () => {
  expect(isHeldExactly(at, at - 456)).toBe(false);
  expect(isHeldExactly(at + 0.0003, at)).toBe(true);
  expect(isHeldExactly(at + 0.001, at)).toBe(false);
});
