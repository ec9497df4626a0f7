import { expect, test } from "vitest";
import type { Column } from "../client/table-catalogue.ts";
import type { Given } from "./given-rows.ts";
import { encodeRows } from "./load-rows.ts";
import type { TableColumns } from "./table-columns.ts";

/** Of a table with nothing but ids. */
function encodedOf(type: string, ids: readonly string[]) {
  const id = { name: "chunk_id", type, modifier: -1, isNotNull: true } as Column;
  const columns = { id, entity: null, namespace: null, all: [id] } as unknown as TableColumns;
  const rows = ids.map((each): Given => ({ id: each, row: { chunk_id: each }, over: null, names: ["chunk_id"] }));
  const { encoded, odd } = encodeRows(rows as [Given, ...Given[]], columns);
  return { encoded: encoded.rows.map((row) => row.id), odd: odd.map((row) => row.id) };
}

test.each([
  ["int8", ["5", "-7", "9223372036854775807"], ["007", "+5", "9223372036854775808", "x"]],
  ["int2", ["5"], ["40000"]],
  ["text", ["5", "007"], ["a\0"]],
  ["uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]],
])("ids that a column of type %s holds as they are spelled go by COPY, others another way", (type, plain, odd) => {
  expect(encodedOf(type, [...plain, ...odd])).toEqual({ encoded: plain, odd });
});
