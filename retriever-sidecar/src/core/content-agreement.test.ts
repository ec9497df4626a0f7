import type { Candidate } from "@retriever/stores/ports/backend.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareContent } from "./content-agreement.ts";

const all = { text: true, metadata: ["page", "seen"] };
const earlier = "2026-01-01T00:00:00.000Z";

function chunk(chunkId: string, more: Partial<Candidate> = {}): Candidate {
  const usual = { text: "What it says.", metadata: { page: 12, seen: "2026-01-01T00:00:00Z" } };
  return { chunkId, entityId: "e", similarity: 0.9, updatedAt: earlier, ...usual, ...more };
}

const [same, missing, different] = [
  { chunks: 1, missing: 0, different: 0 },
  { chunks: 1, missing: 1, different: 0 },
  { chunks: 1, missing: 0, different: 1 },
];
const page = (value: unknown) => ({ page: value, seen: earlier });

test.each([
  ["the same", {}, same],
  ["another text", { text: "Something else." }, different],
  ["a text with a line break more", { text: "What it says.\n" }, different],
  ["no text", { text: null }, missing],
  ["an empty text", { text: "" }, missing],
  ["a text in another version of the chunk", { text: "Later.", updatedAt: "2026-01-01T00:00:02.000Z" }, null],
  ["no text in another version of the chunk", { text: "", updatedAt: "2026-01-01T00:00:02.000Z" }, missing],
  ["another text within the same second", { text: "Later.", updatedAt: "2026-01-01T00:00:00.900Z" }, different],
  ["another text of a store without moments", { text: "Other.", updatedAt: null }, different],
  ["the same text of another version", { updatedAt: "2026-02-01T00:00:00.000Z" }, same],
  ["a number as another store spells it", { metadata: page(12.0) }, same],
  ["the number as a text", { metadata: page("12") }, different],
  ["another number", { metadata: page(13) }, different],
  ["no number", { metadata: page(null) }, missing],
  ["a member that nobody asked for", { metadata: { ...page(12), more: 1 } }, same],
  ["the moment in another zone", { metadata: { page: 12, seen: "2026-01-01T01:00:00+01:00" } }, same],
  ["no metadata at all", { metadata: undefined }, missing],
] as const)("a destination that holds %s is told as such", (_, more, expected) => {
  expect(compareContent([chunk("a")], [chunk("a", more as Partial<Candidate>)], all)).toEqual(expected);
});

test.each([
  ["what is canonically equivalent in Unicode is another text", "\u00e9", "e\u0301", different],
  ["a NUL counts as a character", "a\0b", "ab", different],
  ["what only the destination holds is another text", "", "more", different],
  ["null and the empty text are both no text", null, "", same],
])("texts are compared as they are: %s", (_, own, other, expected) => {
  const text = { text: true, metadata: [] };
  expect(compareContent([chunk("a", { text: own })], [chunk("a", { text: other })], text)).toEqual(expected);
});

test("a text that one store cut is compared as far as both go", () => {
  const [long, cut] = ["x".repeat(70_000), "x".repeat(65_537)];
  expect(compareContent([chunk("a", { text: long })], [chunk("a", { text: cut })], all)).toEqual(same);
  expect(compareContent([chunk("a", { text: long })], [chunk("a", { text: `y${cut}` })], all)).toEqual(different);
});

test("only chunks in both answers are compared, 64 at most, and as much as 4 million characters", () => {
  const many = (count: number, text: string) =>
    Array.from({ length: count }, (_, index) => chunk(`${index}`, { text }));
  expect(compareContent([chunk("a")], [chunk("b")], all)).toBeNull();
  expect(compareContent(many(100, "a"), many(100, "b"), all)).toEqual({ chunks: 64, missing: 0, different: 64 });
  const huge = "x".repeat(65_536);
  expect(compareContent(many(64, huge), many(64, huge), all)?.chunks).toBe(32);
});

const content = fc.record({
  text: fc.option(fc.string({ unit: "binary", maxLength: 8 })),
  metadata: fc.record({ page: fc.jsonValue(), seen: fc.jsonValue() }),
});

test("a store agrees with itself, and a copy without any content is missing all that there is", () => {
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 10 }), (contents) => {
      const stored = contents.map((each, index) => chunk(`${index}`, each));
      expect(compareContent(stored, structuredClone(stored), all)).toEqual({ ...same, chunks: contents.length });
      const bare = stored.map((each) => ({ ...each, text: null, metadata: {} }));
      const isBare = (value: unknown) => value === null || value === "";
      const held = contents.filter(({ text, metadata }) => ![text, metadata.page, metadata.seen].every(isBare));
      const expected = { chunks: contents.length, missing: held.length, different: 0 };
      expect(compareContent(stored, bare, all)).toEqual(expected);
      expect(compareContent(bare, stored, all)).toEqual({ ...expected, missing: 0, different: held.length });
    }),
  );
});
