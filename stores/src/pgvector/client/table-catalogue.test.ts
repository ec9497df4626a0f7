import { expect, test } from "vitest";
import { type Catalogue, remarksOf } from "./table-catalogue.ts";

const plain: Catalogue = {
  relation: "r",
  extension: null,
  columns: new Map(),
  estimate: 0,
  hidesRows: false,
  role: "reader",
  isStandby: false,
  isReadOnly: false,
  rewriting: [],
  keeping: [],
  following: [],
  replacing: [],
  rules: [],
  dependent: [],
};

test("a foreign table is said to be one, since nothing here tells which rows its server hides; a plain table is not", () => {
  expect(remarksOf({ ...plain, relation: "f" })).toEqual([expect.stringContaining("rows that its own server hides")]);
  expect(remarksOf(plain)).toEqual([]);
});
