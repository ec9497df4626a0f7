import { expect, it } from "vitest";
import { plural } from "./plural.ts";

it.each([
  [0, "chunks"],
  [1, "chunk"],
  [2, "chunks"],
  [0.5, "chunks"],
])("of %d the noun is %s", (count, noun) => {
  expect(plural(count, "chunk")).toBe(noun);
});

it("a noun or verb that isn't made by an s is given", () => {
  expect([plural(1, "chunk is", "chunks are"), plural(3, "chunk is", "chunks are")]).toEqual([
    "chunk is",
    "chunks are",
  ]);
});
