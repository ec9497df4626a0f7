import { expect, test } from "vitest";
import { type Catalogue, type Column, remarksOf } from "../client/table-catalogue.ts";
import { refuseUnreadable } from "./table-columns.ts";

/** A table of which the role may read all columns but these. */
function tableWithout(...hidden: readonly string[]): Catalogue {
  const columns = ["chunk_id", "embedding", "email", "phone"].map((name): [string, Column] => [
    name,
    { name, isReadable: !hidden.includes(name) } as Column,
  ]);
  const none = { rewriting: [], keeping: [], following: [], replacing: [], rules: [], dependent: [] };
  return { columns: new Map(columns), ...none } as unknown as Catalogue;
}

test("columns that the role may not read are refused by name before a row is, and told beforehand", () => {
  const told = "the role has no right to read email, phone, and a copy, a sync or a repair reads whole rows";
  const table = tableWithout("email", "phone");
  expect(() => refuseUnreadable(table)).toThrow(expect.objectContaining({ code: "RETR_BACKEND_AUTH" }));
  expect(() => refuseUnreadable(table)).toThrow(told);
  expect(remarksOf(table)).toEqual([expect.stringContaining(told)]);
});

test("a table that may be read whole is taken", () => {
  expect(() => refuseUnreadable(tableWithout())).not.toThrow();
  expect(remarksOf(tableWithout())).toEqual([]);
});
