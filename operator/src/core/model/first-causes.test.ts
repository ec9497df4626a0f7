import { expect, test } from "vitest";
import { firstCauses } from "./first-causes.ts";

test.each([
  [[], ""],
  [["a"], "a"],
  [["a", "b"], "a; b"],
  [["a", "b", "c", "d"], "a; b; and 2 more"],
])("of %j two are said whole, and how many more there are", (causes, words) => {
  expect(firstCauses(causes)).toBe(words);
});
