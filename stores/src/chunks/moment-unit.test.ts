import fc from "fast-check";
import { expect, test } from "vitest";
import { momentPrecisions } from "#ports/chunk-store.ts";
import { withMicroseconds } from "#values/time.ts";
import { nearestUnits, wholeUnits } from "./moment-unit.ts";

const microseconds = {
  day: 86_400_000_000,
  second: 1_000_000,
  decisecond: 100_000,
  centisecond: 10_000,
  millisecond: 1000,
  "100 microseconds": 100,
  "10 microseconds": 10,
  microsecond: 1,
} as const;

test("every microsecond from 1900 to 2200 is a whole unit of its own, and of coarser ones what a cut leaves", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(1900), max: Date.UTC(2200) }),
      fc.integer({ min: 0, max: 999 }),
      fc.constantFrom(...momentPrecisions),
      (ms, micros, precision) => {
        const all = BigInt(ms) * 1000n + BigInt(micros);
        const unit = BigInt(microseconds[precision]);
        const cut = all / unit - (all % unit < 0n ? 1n : 0n);
        expect(wholeUnits(withMicroseconds(ms, micros), precision)).toBe(Number(cut));
        expect(wholeUnits(withMicroseconds(0, ms * 1000 + micros), precision)).toBe(Number(cut));
      },
    ),
  );
  expect(wholeUnits(Number.NaN, "second")).toBeNaN();
});

test("a half goes away from the year 2000, as Postgres rounds into a column of seconds", () => {
  const half = 500;
  expect(nearestUnits(Date.UTC(2026) + half, "second")).toBe(nearestUnits(Date.UTC(2026) + 1000, "second"));
  expect(nearestUnits(Date.UTC(1990) + half, "second")).toBe(nearestUnits(Date.UTC(1990), "second"));
  expect(nearestUnits(Date.UTC(1990) + half + 1, "second")).toBe(nearestUnits(Date.UTC(1990) + 1000, "second"));
});
