import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChunkStore, oddMoments } from "#ports/chunk-store.ts";
import { describeChunkStore, readAll } from "#test/chunk-store-contract.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec } from "#test/spec.ts";
import { makePgvectorChunkStore } from "./chunk-store.ts";

const identity = { kind: "pgvector", label: "pgvector://test", digest: "0".repeat(32) };
const limit = (): AbortSignal => AbortSignal.timeout(10_000);
let postgres: TestPostgres;
let store: ChunkStore;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(40));
  store = make({});
});

afterAll(async () => {
  await store.close();
  await postgres.close();
});

function make(change: object, fields: readonly string[] = ["lang", "pages"]): ChunkStore {
  const { connectionString, hasSessions } = postgres;
  const spec = makeSpec("pgvector", { connectionString, preparedStatements: hasSessions, ...change });
  return makePgvectorChunkStore(spec, { identity, fields });
}

describeChunkStore({
  store: () => store,
  missing: () => make({ table: "absent" }),
  unreachable: () => make({ connectionString: "postgres://u:p@127.0.0.1:9/d" }),
});

async function withTable<T>(columns: string, rows: string, work: (other: ChunkStore) => Promise<T>): Promise<T> {
  await postgres.exec(`CREATE TABLE other (${columns}); INSERT INTO other ${rows}`);
  const other = make({ table: "other" }, []);
  try {
    return await work(other);
  } finally {
    await other.close();
    await postgres.exec("DROP TABLE other");
  }
}

const dated = "entity_id text, updated_at timestamptz, embedding vector(2)";

test("chunk ids that are in two rows come twice and are named, wherever a page ends", async () => {
  const rows = "SELECT 'c' || (n / 2), 'e', now(), '[1,2]' FROM generate_series(2, 10) n";
  await withTable(`chunk_id text, ${dated}`, rows, async (other) => {
    for (const pageSize of [1, 2, 3, 20]) {
      const { chunks, doubledIds } = await readAll(other, { level: "ids", pageSize });
      expect(chunks.map(({ id }) => id)).toEqual(["c1", "c1", "c2", "c2", "c3", "c3", "c4", "c4", "c5"]);
      expect(doubledIds).toEqual(["c1", "c2", "c3", "c4"]);
    }
  });
});

test("rows without a vector are counted, and where that takes too long the table is described without their number", async () => {
  const few = "SELECT 'c' || n, 'e', now(), CASE WHEN n > 2 THEN '[1,2]'::vector END FROM generate_series(1, 5) n";
  await withTable(`chunk_id text PRIMARY KEY, ${dated}`, few, async (other) => {
    expect((await other.describe(limit())).vectorless).toBe(2);
    // What a statement that ran out of time ends with.
    await postgres.exec(`CREATE FUNCTION slow(v vector) RETURNS vector STABLE LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION USING ERRCODE = ''57014''; END';
      CREATE VIEW slow_view AS SELECT chunk_id, entity_id, updated_at,
        CASE WHEN chunk_id = 'c1' THEN '[1,2]' ELSE slow(embedding) END AS embedding FROM other`);
    const slow = make({ table: "slow_view" }, []);
    try {
      expect(await slow.describe(limit())).toMatchObject({ vectorless: undefined, count: 5, dimension: 2 });
    } finally {
      await slow.close();
      await postgres.exec("DROP VIEW slow_view; DROP FUNCTION slow");
    }
  });
});

test("a difference of ids can be looked up in a table without moments, and in one whose column can't hold any", async () => {
  for (const type of ["timestamptz", "time"]) {
    const columns = `chunk_id text PRIMARY KEY, entity_id text, updated_at ${type}, embedding vector(2)`;
    await postgres.exec(`CREATE TABLE bare (${columns}); INSERT INTO bare VALUES ('a', 'e', NULL, '[1,2]')`);
    const other = make({ table: "bare", ...(type === "time" ? {} : { fields: { updatedAt: "$none" } }) }, []);
    expect(await other.lookUp(["a", "b"], "fresh", limit())).toMatchObject([{ id: "a", updatedAtMs: null }]);
    await expect(readAll(other, { level: "fresh" })).rejects.toThrow("--level ids");
    await other.close();
    await postgres.exec("DROP TABLE bare");
  }
});

test("one id in more rows than a page has room for ends the scan by its name", async () => {
  const rows = "SELECT 'c1', 'e', now(), '[1,2]' FROM generate_series(1, 9) n";
  await withTable(`chunk_id text, ${dated}`, rows, async (other) => {
    await expect(readAll(other, { level: "ids", pageSize: 4 })).rejects.toMatchObject({
      code: "RETR_VERIFY_DUPLICATE_IDS",
      message: expect.stringContaining('"c1"') as string,
    });
  });
});

test("a vector of another dimension than its column's others is told with its row", async () => {
  const rows = "VALUES ('a', 'e', now(), '[1,2]'), ('b', 'e', now(), '[1,2,3]')";
  await withTable(
    "chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector",
    rows,
    async (other) => {
      await expect(readAll(other, { level: "vector" })).rejects.toMatchObject({
        code: "RETR_VERIFY_NOT_COMPARABLE",
        message: expect.stringContaining('the row "b" has others') as string,
      });
    },
  );
});

test("a row without a chunk id is said before anything is read", async () => {
  await withTable(`chunk_id text, ${dated}`, "VALUES (NULL, 'e', now(), '[1,2]')", async (other) => {
    await expect(other.describe(limit())).rejects.toThrow(
      "chunk_id: expected a value in every row of the table, found NULL",
    );
  });
});

test("a type that holds no moments as updated_at is refused before a row is read, and ids are read all the same", async () => {
  const columns = "chunk_id text PRIMARY KEY, entity_id text, updated_at time, embedding vector(2)";
  await withTable(columns, "VALUES ('a', 'e', '12:00', '[1,2]')", async (other) => {
    await expect(readAll(other, { level: "fresh" })).rejects.toMatchObject({
      code: "RETR_VERIFY_NOT_COMPARABLE",
      message: expect.stringMatching(/updated_at: expected a column of type timestamptz.*, it is time/) as string,
    });
    expect((await readAll(other, { level: "ids" })).chunks).toHaveLength(1);
  });
});

test("what a repair has to reckon with is said beforehand: triggers that rewrite, and columns that the server makes", async () => {
  const columns = `chunk_id text PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, ${dated}`;
  await postgres.exec(`CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$`);
  await withTable(columns, "(chunk_id) VALUES ('a')", async (other) => {
    await postgres.exec("CREATE TRIGGER touched BEFORE UPDATE ON other FOR EACH ROW EXECUTE FUNCTION touch()");
    expect((await other.describe(limit())).remarks).toEqual([
      "the trigger touched may change what is written: a repaired chunk can differ again",
      "the server makes n itself: a repair can't write it",
    ]);
  });
});

test("ids of other types are read and found as text, and what the type can't hold isn't there", async () => {
  const rows = "SELECT n, 'e', NULL, '[1,2]' FROM generate_series(-1, 12) n";
  await withTable(`chunk_id bigint PRIMARY KEY, ${dated}`, rows, async (other) => {
    expect((await other.describe(limit())).idKind).toBe("integer");
    const { chunks } = await readAll(other, { level: "fresh", pageSize: 5 });
    expect(chunks.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 14 }, (_, n) => n - 1),
    );
    expect(chunks.every(({ updatedAtMs }) => Number.isNaN(updatedAtMs))).toBe(true);
    const found = await other.lookUp(["12", "x", "99999999999999999999", "013", "-1"], "fresh", limit());
    expect(found.map(({ id }) => id).toSorted()).toEqual(["-1", "12"]);
  });
});

test.each([
  { type: "timestamp", value: "'2026-01-31 12:00:00.123456'", expected: Date.UTC(2026, 0, 31, 12, 0, 0, 123) + 0.456 },
  { type: "timestamptz", value: "'2026-01-31 12:00:00.9999+02'", expected: Date.UTC(2026, 0, 31, 10, 0, 0, 999) + 0.9 },
  { type: "timestamptz", value: "'1969-12-31 23:59:59.9995Z'", expected: -0.5 },
  { type: "timestamptz", value: "'infinity'", expected: oddMoments.future },
  { type: "timestamp", value: "'-infinity'", expected: oddMoments.past },
  { type: "timestamptz", value: "NULL", expected: Number.NaN },
  { type: "date", value: "'2026-01-31'", expected: Date.UTC(2026, 0, 31) },
  { type: "text", value: "'2026-01-31T12:00:00Z'", expected: Date.UTC(2026, 0, 31, 12) },
])("a moment of type $type, $value, is read to the microsecond in UTC", async ({ type, value, expected }) => {
  const columns = `chunk_id text PRIMARY KEY, entity_id text, updated_at ${type}, embedding vector(2)`;
  await withTable(columns, `VALUES ('a', 'e', ${value}, '[1,2]')`, async (other) => {
    const { chunks } = await readAll(other, { level: "fresh" });
    expect(chunks[0]?.updatedAtMs).toBe(expected);
  });
});

test.each([
  { type: "halfvec(3)", value: "[1,2,-0.5]", vector: [1, 2, -0.5], precision: "half" },
  { type: "bit(3)", value: "101", vector: [1, 0, 1], precision: "binary" },
])("vectors of type $type are read as numbers", async ({ type, value, vector, precision }) => {
  const columns = `chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding ${type}`;
  await withTable(columns, `VALUES ('a', 'e', now(), '${value}')`, async (other) => {
    expect(await other.describe(limit())).toMatchObject({ precision, dimension: 3 });
    const [found] = await other.lookUp(["a"], "vector", limit());
    expect([...(found?.vector ?? [])]).toEqual(vector);
  });
});

test("a table that lacks columns is refused by their names", async () => {
  await withTable("chunk_id text, embedding vector(2)", "VALUES ('a', '[1,2]')", async (other) => {
    await expect(other.describe(limit())).rejects.toMatchObject({
      code: "RETR_BACKEND_MISSING",
      message: "the table lacks entity_id, updated_at",
    });
  });
});

test("a column without a declared dimension has that of its rows", async () => {
  const columns = "chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector";
  await withTable(columns, "VALUES ('a', 'e', now(), '[1,2,3]')", async (other) => {
    expect((await other.describe(limit())).dimension).toBe(3);
    expect([...((await other.lookUp(["a"], "vector", limit()))[0]?.vector ?? [])]).toEqual([1, 2, 3]);
  });
});

test("a text that is no moment can't be read, whatever is asked since when", async () => {
  const columns = "chunk_id text PRIMARY KEY, entity_id text, updated_at text, embedding vector(2)";
  await withTable(columns, "VALUES ('a', 'e', 'soon', '[1,2]')", async (other) => {
    expect(await other.lookUp(["a"], "fresh", limit())).toMatchObject([{ updatedAtMs: oddMoments.unreadable }]);
    expect((await readAll(other, { level: "fresh", sinceMs: Date.now() })).chunks).toHaveLength(1);
  });
});

test("a scan begins with a small page, as its rows may be whole documents, and goes on by larger ones", async () => {
  const rows = "SELECT n, 'e', now(), '[1,2]' FROM generate_series(1, 300) n";
  await withTable(`chunk_id int PRIMARY KEY, ${dated}`, rows, async (other) => {
    const sizes: number[] = [];
    const scan = other.scan({ level: "payload", sinceMs: null, after: null, pageSize: 1000 }, limit());
    for await (const { count } of scan) sizes.push(count);
    expect(sizes).toEqual([50, 200, 50]);
  });
});
