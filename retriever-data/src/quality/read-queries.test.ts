import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readQueries } from "./read-queries.ts";

function write(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "queries-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "queries.jsonl");
  writeFileSync(file, text);
  return file;
}

test("each line is a request, with or without its k, and no more are taken than asked for", () => {
  const file = write('{"embedding":[1,2],"namespace":"n"}\n\n{"k":7,"embedding":[3,4],"filters":{"lang":"de"}}\n{}\n');
  const queries = readQueries(file, 2);
  expect(queries.map(({ request: { embedding, ...rest } }) => ({ ...rest, dimension: embedding.dimension }))).toEqual([
    { namespace: "n", dimension: 2 },
    { filters: { lang: "de" }, dimension: 2 },
  ]);
  expect(queries.every(({ chunkId }) => chunkId === null)).toBe(true);
});

test("the first faulty line is named", () => {
  const file = write('{"embedding":[1,2]}\n{"embedding":["x"]}\n');
  expect(() => readQueries(file, 10)).toThrow(`${file}:2: embedding`);
  expect(() => readQueries(write("not json"), 10)).toThrow(":1: ");
  expect(() => readQueries(write("\n\n"), 10)).toThrow("expected one request a line, got none");
  expect(() => readQueries("/nowhere/queries.jsonl", 10)).toThrow("/nowhere/queries.jsonl: expected a readable file");
});

test("filters are read by what the base declares", () => {
  const file = write('{"embedding":[1,2],"filter":{"eq":{"field":"lang","value":"de"}}}\n');
  const [query] = readQueries(file, 1, { lang: "keyword" });
  expect(query?.request.filter).toMatchObject({ op: "in", field: { name: "lang" }, values: ["de"] });
  expect(() => readQueries(file, 1)).toThrow("filter.eq.field: expected one of the fields that the base declares");
});
