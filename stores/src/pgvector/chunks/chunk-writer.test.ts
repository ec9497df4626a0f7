import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChunkWriter, WholeChunk } from "#ports/chunk-store.ts";
import { describeChunkWriter, fetchAll, limit, makeChunk, put } from "#test/chunk-writer-contract.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec } from "#test/spec.ts";
import { parseExact } from "#values/exact-json.ts";
import { makePgvectorChunkWriter } from "./chunk-writer.ts";

const identity = { kind: "pgvector", label: "pgvector://test", digest: "0".repeat(32) };
let postgres: TestPostgres;
let writer: ChunkWriter;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(4));
  writer = make({});
});

afterAll(async () => {
  await writer.close();
  await postgres.close();
});

function make(change: object, fields: readonly string[] = ["lang", "pages"]): ChunkWriter {
  const { connectionString } = postgres;
  const spec = makeSpec("pgvector", { connectionString, preparedStatements: false, ...change });
  return makePgvectorChunkWriter(spec, { identity, fields });
}

describeChunkWriter(() => writer);

async function withTable(columns: string, work: (other: ChunkWriter) => Promise<void>, fields: readonly string[] = []) {
  await postgres.exec(`CREATE TABLE other (${columns})`);
  const other = make({ table: "other" }, fields);
  try {
    await work(other);
  } finally {
    await other.close();
    await postgres.exec("DROP TABLE other");
  }
}

const keyless =
  "chunk_id has no unique index of its own (one of more columns, of some rows or that isn't valid is none); create one";
const dated = "entity_id text, namespace text, updated_at timestamptz, embedding vector(2)";
const small = (id: string, change: Partial<WholeChunk> = {}): WholeChunk =>
  makeChunk(id, { fields: {}, vector: Float32Array.of(1, 2), ...change });
const reasons = async (other: ChunkWriter, chunks: readonly WholeChunk[]): Promise<string[]> =>
  (await put(other, chunks)).map((left) => `${left.id}: ${left.why === "refused" ? left.reason : left.why}`);

test("digits beyond the millisecond are kept", async () => {
  await put(writer, [makeChunk("finer", { updatedAt: "2026-03-01T00:00:00.123456Z" })]);
  expect((await writer.fetch(["finer"], limit()))[0]?.updatedAt).toBe("2026-03-01T00:00:00.123456Z");
});

test("a table as it should be needs no caution; missing columns and indexes, triggers and generated columns are said", async () => {
  await postgres.exec(`CREATE TABLE bare (chunk_id text, entity_id text, updated_at timestamp, embedding vector(8),
      pages int GENERATED ALWAYS AS (length(entity_id)) STORED, owner text NOT NULL DEFAULT 'o', tenant text NOT NULL);
    INSERT INTO bare VALUES ('a', 'b', '2026-01-01 10:00:00', '[1,2,3,4,5,6,7,8]', DEFAULT, DEFAULT, 't');
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at = now(); RETURN NEW; END';
    CREATE TRIGGER touched BEFORE UPDATE ON bare FOR EACH ROW EXECUTE FUNCTION touch()`);
  const bare = make({ table: "bare" });
  expect(await bare.inspect("read", limit())).toEqual([expect.stringContaining("owner, tenant")]);
  expect(await bare.inspect("write", limit())).toEqual([
    "the table has no columns for lang: these fields aren't written",
    `chunks that are missing can't be written: ${keyless}`,
    "no field names tenant, NOT NULL without a default: chunks that are missing can't be written",
    "the trigger touched may change what is written: a repaired chunk can differ again",
    "the server makes pages itself: a repair can't write it",
  ]);
  const [chunk] = await bare.fetch(["a"], limit());
  expect(chunk).toMatchObject({ namespace: undefined, updatedAt: "2026-01-01T10:00:00.000Z", fields: { pages: 1 } });
  expect(await reasons(bare, [makeChunk("x")])).toEqual([`x: it might be written twice: ${keyless}`]);
  expect(await reasons(bare, [makeChunk("a")])).toEqual([]);
  await bare.close();
});

test("a new chunk whose id the table has under another text is refused with both", async () => {
  await withTable(`chunk_id numeric PRIMARY KEY, ${dated}`, async (other) => {
    expect(await reasons(other, [small("12.50")])).toEqual([]);
    expect(await reasons(other, [small("12.5"), small("13")])).toEqual([
      `12.5: the table holds it as "12.50", which chunk_id takes for the same id; rename or remove one of the two`,
    ]);
  });
});

test("F10: each chunk that a table can't take is named with its column and the remedy, never the value; the rest is written", async () => {
  const columns = `chunk_id text PRIMARY KEY, ${dated}, body text, pages int, price numeric(10,2), ratio real, words int NOT NULL DEFAULT 1, owner text NOT NULL,
    tags text[], code char(4), CHECK (pages < 100)`;
  const fields = ["body", "pages", "price", "ratio", "words", "owner", "tags", "code"];
  const of = (id: string, more: object, change: Partial<WholeChunk> = {}) =>
    small(id, { fields: { owner: "o", ...more }, ...change });
  await withTable(
    columns,
    async (other) => {
      const good = of("good", {
        pages: 5,
        price: parseExact("12.50"),
        ratio: parseExact("0.1"),
        tags: ["a", "b"],
        code: "ab",
      });
      const refused = await reasons(other, [
        of("nul", { body: "a\0b" }),
        of("fraction", { pages: parseExact("2024.0") }),
        of("many", { pages: "many" }),
        of("scale", { price: parseExact("12.345") }),
        of("text", { body: 7 }),
        of("ownerless", { owner: null }),
        small("unowned"),
        of("wordless", { words: null }),
        of("short", {}, { vector: Float32Array.of(1, 2, 3) }),
        of("checked", { pages: 100 }),
        good,
        of("bool", { body: true }),
      ]);
      expect(refused.toSorted()).toEqual([
        "bool: column body (text): the chunk's boolean would become a text; change the column's type, or the value where it comes from",
        "checked: a check isn't met; correct the chunk where it comes from (23514)",
        "fraction: column pages: a value doesn't fit its column; correct it where it comes from, or change the column's type (22P02)",
        "many: column pages: a value doesn't fit its column; correct it where it comes from, or change the column's type (22P02)",
        "nul: column body: the value holds the character NUL, which no text of Postgres can; remove it where it comes from",
        "ownerless: column owner: NOT NULL without a default, and the chunk has no value; give the column a default",
        "scale: column price (numeric): the chunk's number would become another number; change the column's type, or the value where it comes from",
        expect.stringMatching(/^short: column embedding: a value doesn't fit its column.*\(22000\)$/),
        "text: column body (text): the chunk's number would become a text; change the column's type, or the value where it comes from",
        "unowned: column owner: NOT NULL without a default, and the chunk has no value; give the column a default",
        "wordless: column words: NOT NULL, and the chunk's value is null; correct the chunk where it comes from",
      ]);
      const [found] = await other.fetch(["good"], limit());
      expect(JSON.stringify(found?.fields)).toBe(
        '{"body":null,"pages":5,"price":12.50,"ratio":0.1,"words":1,"owner":"o","tags":["a","b"],"code":"ab"}',
      );
      expect(found?.decimals).toEqual(["price", "ratio"]);
      expect(await fetchAll(other, ["nul", "fraction", "short", "checked"])).toEqual([]);
    },
    fields,
  );
});

test("F10: an identity that Postgres makes itself takes no new chunk, and a held one is repaired", async () => {
  await withTable(`chunk_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, ${dated}`, async (other) => {
    await postgres.exec("INSERT INTO other (entity_id) VALUES ('e')");
    expect(await reasons(other, [small("1"), small("2")])).toEqual([
      "2: chunk_id is GENERATED ALWAYS, so that Postgres takes no id for a new row (428C9); make it BY DEFAULT",
    ]);
    expect((await other.fetch(["1"], limit()))[0]?.entityId).toBe("entity-1");
  });
});

test.each([
  ["char(36)", ["a", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]],
  ["varchar(40)", ["a", "A"]],
  ["bigint", ["-5", "0", "1639887574359322625", "9223372036854775807"]],
  ["numeric", ["-1.50", "12", "18446744073709551615"]],
  ["uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]],
  ['text COLLATE "C"', ["a", " a", "a ", "A", "x".repeat(1000), "識別", "1e3"]],
])("F1: ids of a column %s are written, found and removed by their text", async (type, ids) => {
  await withTable(`chunk_id ${type} PRIMARY KEY, ${dated}`, async (other) => {
    expect(
      await reasons(
        other,
        ids.map((id) => small(id)),
      ),
    ).toEqual([]);
    const found = await fetchAll(other, [...ids, "absent", "99999999999999999999999"]);
    expect(found.map(({ id }) => id)).toEqual(ids.toSorted());
    expect(
      await reasons(
        other,
        ids.map((id) => small(id, { entityId: "again" })),
      ),
    ).toEqual([]);
    expect(await other.remove(found, limit())).toHaveLength(ids.length);
    expect(await other.remove(await fetchAll(other, ids), limit())).toEqual([]);
    expect(await fetchAll(other, ids)).toEqual([]);
  });
});

test("C1: columns that are called doc, nr, said and given are read, written and removed as any other", async () => {
  const names = ["doc", "nr", "said", "given"];
  await withTable(
    `chunk_id text PRIMARY KEY, ${dated}, doc text, nr int, said jsonb, given text`,
    async (other) => {
      const of = (doc: string) => small("a", { fields: { doc, nr: 1, said: { doc }, given: "g" } });
      expect(await other.write([{ chunk: of("one"), over: null }], limit())).toEqual([]);
      const [held] = await other.fetch(["a"], limit());
      expect(held?.fields).toEqual({ doc: "one", nr: 1, said: { doc: "one" }, given: "g" });
      expect(await other.write([{ chunk: of("two"), over: held?.version ?? "" }], limit())).toEqual([]);
      const [after] = await other.fetch(["a"], limit());
      expect(after?.fields).toMatchObject({ doc: "two", said: { doc: "two" } });
      expect(await other.remove([{ id: "a", version: after?.version ?? "" }], limit())).toEqual([]);
      expect(await other.fetch(["a"], limit())).toEqual([]);
    },
    names,
  );
});

test("an id that its column would hold in another spelling is refused", async () => {
  await withTable(`chunk_id bigint PRIMARY KEY, ${dated}`, async (other) => {
    expect(await reasons(other, [small("007"), small("seven"), small("7")])).toEqual([
      "007: column chunk_id (int8): it would hold the id in another spelling; correct the id where it comes from",
      "seven: column chunk_id: a value doesn't fit its column; correct it where it comes from, or change the column's type (22P02)",
    ]);
    expect(await fetchAll(other, ["7"])).toHaveLength(1);
  });
});

test("a moment is cut to the column's precision and never rounded into the future", async () => {
  await withTable(
    "chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz(0), embedding vector(2)",
    async (other) => {
      await put(other, [small("a", { updatedAt: "2026-03-01T00:00:00.900Z" })]);
      expect((await other.fetch(["a"], limit()))[0]?.updatedAt).toBe("2026-03-01T00:00:00.000Z");
    },
  );
});

test("the embedding of a bit column is read and written as its bits", async () => {
  await withTable(
    "chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding bit(3)",
    async (other) => {
      expect(await reasons(other, [small("a", { vector: Float32Array.of(0.5, -1, 2) })])).toEqual([]);
      expect([...((await other.fetch(["a"], limit()))[0]?.vector ?? [])]).toEqual([1, 0, 1]);
    },
  );
});

test("a change of a column that no chunk speaks of is a change as well", async () => {
  await withTable(`chunk_id text PRIMARY KEY, ${dated}, note text`, async (other) => {
    await put(other, [small("a"), small("b")]);
    const before = await fetchAll(other, ["a", "b"]);
    await postgres.exec("UPDATE other SET note = 'by somebody' WHERE chunk_id = 'a'");
    expect(await other.remove(before, limit())).toEqual([{ id: "a", why: "changed" }]);
    expect((await fetchAll(other, ["a", "b"])).map(({ id }) => id)).toEqual(["a"]);
  });
});

test("a table that isn't there is missing", async () => {
  const absent = make({ table: "absent" });
  await expect(absent.fetch(["a"], limit())).rejects.toMatchObject({ code: "RETR_BACKEND_MISSING" });
  await absent.close();
});

test("a domain that forbids NULL has its say only where the chunk has, and names the chunk that has none", async () => {
  await postgres.exec(`CREATE DOMAIN counted AS int; CREATE DOMAIN required AS counted NOT NULL CHECK (VALUE > 0);
    CREATE DOMAIN given AS text DEFAULT 'x' NOT NULL; CREATE DOMAIN short AS varchar(3)`);
  const columns = "kept required DEFAULT 1, lang short, pages required, made given";
  try {
    await withTable(
      `chunk_id text PRIMARY KEY, ${dated}, ${columns}`,
      async (other) => {
        expect(await reasons(other, [small("a", { fields: { lang: "de", pages: 1 } })])).toEqual([]);
        const [held] = await other.fetch(["a"], limit());
        const silent = { ...small("a"), entityId: "entity-2" };
        expect(await other.write([{ chunk: silent, over: held?.version ?? "" }], limit())).toEqual([]);
        expect(await other.fetch(["a"], limit())).toMatchObject([{ entityId: "entity-2", fields: { pages: 1 } }]);
        const given = [{}, { pages: null }, { pages: 0 }, { pages: 1, lang: "long" }].map((fields, index) =>
          small(`b${index}`, { fields }),
        );
        expect(await reasons(other, given)).toEqual([
          "b0: column pages: NOT NULL without a default, and the chunk has no value; give the column a default",
          "b1: column pages: NOT NULL without a default, and the chunk has no value; give the column a default",
          "b2: column pages: a check isn't met; correct the chunk where it comes from (23514)",
          "b3: column lang: a text is too long for its column; change the column's type (22001)",
        ]);
        const [now] = await other.fetch(["a"], limit());
        const emptied = { chunk: small("a", { fields: { pages: null } }), over: now?.version ?? "" };
        expect(await other.write([emptied], limit())).toMatchObject([
          { reason: "column pages: NOT NULL, and the chunk's value is null; correct the chunk where it comes from" },
        ]);
      },
      ["lang", "pages"],
    );
  } finally {
    await postgres.exec("DROP DOMAIN required, counted, given, short");
  }
});

test("one column may stand for entity and namespace; a chunk with two different ones is refused", async () => {
  await postgres.exec(
    "CREATE TABLE both_names (chunk_id text PRIMARY KEY, entity_id bigint, updated_at timestamptz, embedding vector(2))",
  );
  const other = make({ table: "both_names", namespaceField: "entity_id" }, []);
  try {
    expect(await reasons(other, [small("a", { entityId: "7", namespace: "7" })])).toEqual([]);
    expect(await other.fetch(["a"], limit())).toMatchObject([{ entityId: "7", namespace: "7" }]);
    expect(await reasons(other, [small("a", { entityId: "8", namespace: "8" })])).toEqual([]);
    expect(await reasons(other, [small("a", { entityId: "8", namespace: "9" })])).toEqual([
      "a: column entity_id: it stands for entity and namespace, and the chunk has two different ones; give the table a column of its own for the namespace",
    ]);
  } finally {
    await other.close();
    await postgres.exec("DROP TABLE both_names");
  }
});

test("what goes with a removal, what partitions do and what rules put in its place is said before", async () => {
  await postgres.exec(`CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TABLE parted (chunk_id text, ${dated}, PRIMARY KEY (chunk_id)) PARTITION BY HASH (chunk_id);
    CREATE TABLE part PARTITION OF parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
    CREATE TRIGGER parts_own BEFORE INSERT ON part FOR EACH ROW EXECUTE FUNCTION stay();
    CREATE TRIGGER stays BEFORE DELETE ON part FOR EACH ROW EXECUTE FUNCTION stay();
    CREATE TRIGGER told AFTER UPDATE ON part FOR EACH ROW EXECUTE FUNCTION stay();
    CREATE TRIGGER counted AFTER INSERT ON parted FOR EACH STATEMENT EXECUTE FUNCTION stay();
    CREATE TRIGGER cut AFTER TRUNCATE ON parted FOR EACH STATEMENT EXECUTE FUNCTION stay();
    CREATE VIEW seen AS SELECT * FROM parted; CREATE VIEW shown AS SELECT * FROM seen;
    CREATE TRIGGER routed INSTEAD OF UPDATE ON shown FOR EACH ROW EXECUTE FUNCTION stay();
    CREATE TABLE notes (chunk_id text REFERENCES parted ON DELETE CASCADE);
    CREATE TABLE pins (chunk_id text REFERENCES parted ON DELETE SET NULL);
    CREATE TABLE kept (chunk_id text REFERENCES parted);
    CREATE RULE archive AS ON DELETE TO parted DO INSTEAD NOTHING`);
  const [other, view] = [make({ table: "parted" }, []), make({ table: "shown" }, [])];
  try {
    const remarks = [
      "the trigger parts_own may change what is written: a repaired chunk can differ again",
      "the trigger stays may keep a chunk from being removed: it is named as changed then",
      "the trigger counted, told runs with a write or a removal, and may write this table or another one",
      "the rule archive puts something else in the place of a write or a removal, which can be refused or do nothing",
      "a foreign key removes or changes rows of notes, pins with each chunk that is removed",
    ];
    expect(await other.inspect("write", limit())).toEqual(remarks);
    const replaced =
      "the trigger routed puts something else in the place of a write or a removal: what it does isn't known";
    expect(await view.inspect("write", limit())).toEqual([
      "chunks that are missing can't be written: a view has no unique index of its own; name the table itself",
      ...remarks.toSpliced(3, 0, replaced),
    ]);
    await postgres.exec(`INSERT INTO part VALUES ('a')`);
  } finally {
    await Promise.all([other.close(), view.close()]);
    await postgres.exec("DROP VIEW shown, seen; DROP TABLE notes, pins, kept, parted; DROP FUNCTION stay");
  }
});

test("char(n) and numbers in lists mean the same without their blanks, and no other type", async () => {
  await withTable(
    `chunk_id text PRIMARY KEY, ${dated}, codes char(8)[], counts int[], prices numeric[]`,
    async (other) => {
      const fields = { codes: ["ab", "abc"], counts: [12, 13], prices: parseExact("[12.00, 0.10]") };
      expect(await reasons(other, [small("a", { fields })])).toEqual([]);
      const [found] = await other.fetch(["a"], limit());
      expect(JSON.stringify(found?.fields)).toBe('{"codes":["ab","abc"],"counts":[12,13],"prices":[12.00,0.10]}');
      expect(found?.decimals).toContain("prices");
      expect(await reasons(other, [small("b", { fields: { counts: parseExact("[12.0]") } })])).toEqual([
        expect.stringContaining("b: column counts: a value doesn't fit its column"),
      ]);
    },
    ["codes", "counts", "prices"],
  );
});

test("a member of JSON is written where its text, its digits or its moment are others, also in a domain without NULL", async () => {
  await postgres.exec(`CREATE DOMAIN doc AS jsonb NOT NULL;
    CREATE TABLE docs (id text PRIMARY KEY, doc doc DEFAULT '{}', embedding vector(2));
    INSERT INTO docs VALUES ('a', '{"at": "2026-01-01T00:00:00.123456Z", "lang": "2026-01-01T00:00:00Z", "pages": 1.0, "tenant": 7, "own": 1}', '[1,2]')`);
  const fields = { id: "id", entity: "doc.tenant", namespace: "doc.tenant", updatedAt: "doc.at" };
  const metadata = ["lang", "pages"].map((name) => ({ name, path: `doc.${name}` }));
  const other = make({ table: "docs", fields: { ...fields, metadata } });
  const nothing = { entity: "$none", namespace: "$none", updatedAt: "$none" };
  const whole = make({ table: "docs", fields: { id: "id", ...nothing } }, ["doc"]);
  const document = async () => JSON.stringify((await whole.fetch(["a"], limit()))[0]?.fields["doc"]);
  const write = async (change: Partial<WholeChunk>) => {
    const [held] = await other.fetch(["a"], limit());
    const same = { entityId: "7", namespace: "7", updatedAt: "2026-01-01T00:00:00.123456Z" };
    return other.write([{ chunk: small("a", { ...same, ...change }), over: held?.version ?? "" }], limit());
  };
  try {
    const before = await document();
    expect(await write({ fields: { lang: "2026-01-01T00:00:00Z", pages: 1 } })).toEqual([]);
    expect(await document()).toBe(before);
    expect(
      await write({ updatedAt: "2026-01-01T00:00:00.123Z", fields: { lang: "2026-01-01T00:00:00.000Z" } }),
    ).toEqual([]);
    expect(JSON.parse(await document())).toEqual({
      ...(JSON.parse(before) as object),
      at: "2026-01-01T00:00:00.123Z",
      lang: "2026-01-01T00:00:00.000Z",
    });
    expect(await write({ entityId: "8" })).toMatchObject([{ reason: expect.stringContaining("column doc.tenant") }]);
    expect(await reasons(other, [small("b", { entityId: "9", namespace: "9" })])).toEqual([]);
    const found = await other.fetch(["b"], limit());
    expect(found).toMatchObject([{ entityId: "9", namespace: "9" }]);
    // Members that aren't there say nothing: nothing of another store's is taken away for them.
    expect([found[0]?.updatedAt, found[0]?.fields]).toEqual([expect.any(String), {}]);
    await postgres.exec(`UPDATE docs SET doc = '{"lang": null}' WHERE id = 'a'`);
    const empty = { entityId: undefined, namespace: undefined, updatedAt: null, fields: {} };
    expect(await other.fetch(["a"], limit())).toEqual([expect.objectContaining(empty)]);
  } finally {
    await Promise.all([other.close(), whole.close()]);
    await postgres.exec("DROP TABLE docs; DROP DOMAIN doc");
  }
});
