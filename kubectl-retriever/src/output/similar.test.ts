import { expect, it } from "vitest";
import { didYouMean } from "./similar.ts";

it.each([
  ["gaurd", "guard"],
  ["Gaurd", "Guard"],
  ["nmae", "name"],
  ["stagin", "staging"],
])("%s was probably meant to be %s", (word, name) => {
  expect(didYouMean(word, ["window", name, "target"])).toBe(`; did you mean ${name}?`);
});

it.each(["kind", "dargu"])("%s is a slip of no name", (word) => {
  expect(didYouMean(word, ["guard", "window", "target"])).toBe("");
});
