// Documents of `json` that hold what no text of Postgres can, read on the database itself.
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { readableJson } from "./field-sql.ts";

let postgres: TestPostgres;
let client: Client;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(1));
  client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await postgres.close();
});

/** Escapes and pieces of such, in each order that three of them have. */
const pieces = String.raw`\\ \u0000 \ud83d \ude00 \uD800 \uDFFF \ud7ff \ue000 ud83d u0000 x`.split(" ");
const texts = pieces.flatMap((a) => pieces.flatMap((b) => pieces.map((c) => a + b + c)));

test("NULs and halves of characters are read as unreadable ones, and everything else as it is", async () => {
  const documents = [...texts, ...pieces, "", "\\ud83d\\ude00".repeat(9)].map((text) => `{"at": "${text}"}`);
  documents.push(String.raw`["\ude00"]`, String.raw`"\ude00"`, '{"at":\n"\\ude00"}');
  const sql = `SELECT ${readableJson("document")}::jsonb::text AS read FROM unnest($1::json[]) AS all_of (document)`;
  const { rows } = await client.query<{ readonly read: string }>(sql, [documents]);
  const read = rows.map((row) => JSON.parse(row.read) as unknown);
  expect(read).toEqual(documents.map((document) => JSON.parse(document, wellFormed) as unknown));
});

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\ufffd") : value;
}
