import { expect, it } from "vitest";
import { complaintsAboutMatrix, ruleNames } from "./import-matrix.ts";
import { plants } from "./planted-violations.ts";

it("has every rule of the import matrix fire on its planted violation and none on a sound import", async () => {
  expect(await complaintsAboutMatrix()).toEqual([]);
});

it("has a planted violation for every rule", async () => {
  expect(plants.map(({ rule }) => rule).toSorted()).toEqual((await ruleNames()).toSorted());
});
