// What is said before a table is copied, or filled; and of values that a type of an extension doesn't take.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StoreUse } from "#ports/chunk-store.ts";
import { limit } from "#test/chunk-writer-contract.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec } from "#test/spec.ts";
import { makePgvectorChunkWriter } from "./chunk-writer.ts";
import { GivenPairs } from "./whole-chunk-sql.ts";
import { skipRefused } from "./write-refusal.ts";

const identity = { kind: "pgvector", label: "pgvector://test", digest: "0".repeat(32) };
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(1));
});

afterAll(() => postgres.close());

async function inspect(use: StoreUse, sql: string, table = "other"): Promise<unknown> {
  const columns = "chunk_id text, entity_id text, namespace text, updated_at timestamptz, embedding vector(8)";
  await postgres.exec(`DROP TABLE IF EXISTS other CASCADE; CREATE TABLE other (${columns}); ${sql}`);
  const { connectionString } = postgres;
  const spec = makeSpec("pgvector", { connectionString, preparedStatements: false, table });
  const writer = makePgvectorChunkWriter(spec, { identity, fields: [] });
  const said = await writer.inspect(use, limit()).catch((error: unknown) => error);
  await writer.close();
  return said;
}

describe("a table that is to be filled", () => {
  test.each([
    ["a DEFERRABLE key", "ADD PRIMARY KEY (chunk_id) DEFERRABLE", "make the constraint anew as NOT DEFERRABLE"],
    ["a key of more columns", "ADD PRIMARY KEY (namespace, chunk_id)", "one of more columns"],
    ["no key", "ALTER chunk_id SET NOT NULL", "create one"],
  ])("is refused for %s, with what helps", async (_, change, help) => {
    const message = expect.stringMatching(new RegExp(`^no chunk can be added to the destination: .*${help}`));
    const sql = `ALTER TABLE other ${change}`;
    expect(await inspect("fill", sql)).toMatchObject({ code: "RETR_REPAIR_WRITE_REFUSED", message });
    expect(await inspect("write", sql)).toEqual([expect.stringContaining(help)]);
  });

  test("is refused as a view, and as what isn't written at all, for the table itself", async () => {
    const view = (kind: string) => `CREATE ${kind} shown AS SELECT * FROM other`;
    const message =
      "no chunk can be added to the destination: a view has no unique index of its own; name the table itself";
    expect(await inspect("fill", view("VIEW"), "shown")).toMatchObject({ message });
    for (const use of ["write", "fill"] as const)
      expect(await inspect(use, view("MATERIALIZED VIEW"), "shown")).toMatchObject({
        message: "a materialized view isn't written: name the table itself, on its own server",
      });
  });

  test("is taken with a unique index beside the DEFERRABLE key", async () => {
    const sql = "ALTER TABLE other ADD PRIMARY KEY (chunk_id) DEFERRABLE; CREATE UNIQUE INDEX ON other (chunk_id)";
    expect(await inspect("fill", sql)).toEqual([]);
  });
});

describe("a table that is to be copied", () => {
  const rows = (...ids: string[]) => `INSERT INTO other VALUES ${ids.map((id) => `('${id}')`).join(", ")}`;

  test("is refused for ids that it holds twice, with some of them", async () => {
    const sql = `CREATE INDEX ON other (chunk_id); ${rows("a", "b", "b", "c", "a")}`;
    const message = 'chunk_id: expected each value once, the source holds "a", "b" more than once';
    expect(await inspect("copy", sql)).toMatchObject({ code: "RETR_VERIFY_DUPLICATE_IDS", message });
    expect(await inspect("read", sql)).toEqual([]);
  });

  test("needs no unique index as long as its ids are", async () => {
    expect(await inspect("copy", rows("a", "b"))).toEqual([]);
  });
});

test("a row that a view can't read is told as the view's fault where it is copied, and no request's", async () => {
  const number = "CREATE VIEW counted AS SELECT *, entity_id::int AS number FROM other";
  await inspect("read", `${number}; INSERT INTO other VALUES ('a', 'seven', NULL, now(), NULL)`);
  const place = { connectionString: postgres.connectionString, preparedStatements: false, table: "counted" };
  const spec = makeSpec("pgvector", { ...place, metadataColumns: ["number"] });
  const writer = makePgvectorChunkWriter(spec, { identity, fields: ["number"] });
  const fault = { message: expect.stringContaining("correct the view") as string };
  const scan = writer.scan({ after: null, pageSize: 10 }, limit())[Symbol.asyncIterator]();
  await expect(scan.next()).rejects.toMatchObject(fault);
  await expect(writer.fetch(["a"], limit())).rejects.toMatchObject(fault);
  await writer.close();
});

test.each(["42601", "XX000"])("a value that its type refuses as %s costs its own chunk alone", async (code) => {
  const run = async (some: readonly { readonly id: string }[]) => {
    if (some.some(({ id }) => id === "odd")) throw Object.assign(new Error("its type's own words"), { code });
    return [];
  };
  const items = ["a", "odd", "b"].map((id) => ({ id }));
  const reason = `column path: a value doesn't fit its column; correct it where it comes from, or change the column's type (${code})`;
  expect(await skipRefused(items, run, async () => "column path: ")).toEqual([{ id: "odd", why: "refused", reason }]);
  const ofStatement = Object.assign(new Error("syntax error"), { code, position: "7" });
  await expect(skipRefused(items, () => Promise.reject(ofStatement))).rejects.toBe(ofStatement);
});

test("an object goes into hstore in its own notation, whatever its texts hold", () => {
  const pairs = new GivenPairs({ 'a"b': "c\\d", none: null, comma: "x,y=>z", number: 7 });
  expect(JSON.parse(JSON.stringify(pairs))).toBe(
    String.raw`"a\"b"=>"c\\d","none"=>NULL,"comma"=>"x,y=>z","number"=>"7"`,
  );
});
