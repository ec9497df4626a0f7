import fc from "fast-check";
import { expect, test } from "vitest";
import { SeenVersions } from "./seen-versions.ts";

const moment = fc.integer({ min: -1e12, max: 4e12 }).filter((at) => at % 900_000 !== 0);
const version = fc.tuple(fc.string({ unit: "binary", maxLength: 12 }), moment);

test("every version that was added is known, and no other one", () => {
  fc.assert(
    fc.property(fc.array(version, { maxLength: 60 }), fc.array(version, { maxLength: 60 }), (added, asked) => {
      const seen = new SeenVersions([0.1, 0.7]);
      for (const [id, at] of added) seen.add(id, at);
      const keys = new Set(added.map(([id, at]) => JSON.stringify([new TextEncoder().encode(id), at])));
      for (const [id, at] of [...added, ...asked])
        expect(seen.has(id, at)).toBe(keys.has(JSON.stringify([new TextEncoder().encode(id), at])));
    }),
  );
});

test("it grows with what is added, counts each once, and takes bytes for text", () => {
  const seen = new SeenVersions([0.3, 0.4]);
  for (let turn = 0; turn < 2; turn += 1)
    for (let index = 1; index <= 20_000; index += 1) seen.add(new TextEncoder().encode(`chunk ${index}`), index);
  expect(seen.size).toBe(20_000);
  expect(seen.has("chunk 20000", 20_000)).toBe(true);
  expect(seen.has("chunk 20000", 19_999)).toBe(false);
});

test("beyond its bound nothing more is taken in, and what was stays known", () => {
  const seen = new SeenVersions([0.3, 0.4], 2 ** 12);
  for (let index = 0; index < 10_000; index += 1) seen.add(`chunk ${index}`, 7);
  expect(seen.size).toBe(3072);
  expect([seen.has("chunk 0", 7), seen.has("chunk 9999", 7)]).toEqual([true, false]);
});

test("the beginning of a day, in whatever time zone, is no version", () => {
  const seen = new SeenVersions([0.3, 0.4]);
  for (const at of ["2026-03-01T00:00:00Z", "2026-03-01T00:00:00+05:45", "1969-12-31T22:00:00Z"]) {
    seen.add("a", Date.parse(at));
    expect(seen.has("a", Date.parse(at))).toBe(false);
  }
  expect(seen.size).toBe(0);
});

test("parts of a millisecond don't tell versions apart, and a chunk without a moment has none", () => {
  const seen = new SeenVersions([0.3, 0.4]);
  seen.add("a", 12.75);
  seen.add("b", Number.NaN);
  seen.add("c", null);
  expect([seen.has("a", 12), seen.has("a", 13), seen.has("b", Number.NaN), seen.has("c", null), seen.size]).toEqual([
    true,
    false,
    false,
    false,
    1,
  ]);
});
