// Ordinary columns and payloads that once hid a difference, or made one up, on real servers, the oldest and the newest.

import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { pathOf } from "#stores/qdrant-rest.ts";
import type { WheelVersion } from "#stores/wheel-install.ts";
import { rawJson } from "#support/raw-json.ts";
import { noon, startTwoStores, type TwoStores } from "#support/verify/two-stores.ts";
import { placeOf, runVerify } from "#support/verify/verify-process.ts";

const versions: readonly (readonly [WheelVersion, string])[] = [
  ["16-0.6", "127.0.0.74"],
  ["18-0.8", "127.0.0.76"],
];

describe.each(versions)("Postgres and pgvector %s", (version, address) => {
  let { postgres, qdrant, caller, client, makeCollection, makeTable, makePoints, close } = {} as TwoStores;

  beforeAll(async () => {
    ({ postgres, qdrant, caller, client, makeCollection, makeTable, makePoints, close } = await startTwoStores(
      address,
      version,
    ));
  });

  beforeEach(async () => {
    await client.query("DROP TABLE IF EXISTS chunks");
    await makeCollection();
  });

  afterAll(() => close());

  type Options = {
    readonly args?: readonly string[];
    readonly base?: object;
    readonly destination?: object;
    readonly credentials?: string;
  };

  async function verify({ args = ["--level", "payload"], base = {}, destination = {}, credentials }: Options = {}) {
    const connectionString = credentials ?? postgres.connectionString;
    const collection = { kind: "qdrant", url: qdrant.url, collection: "chunks", ...destination };
    const place = placeOf({ kind: "pgvector", connectionString, table: "chunks", ...base }, collection);
    onTestFinished(place.remove);
    const { exitCode } = await runVerify(place, ["--lag", "0", "--budget", "none", ...args]);
    const report = place.report();
    return { exitCode, report, kinds: Object.fromEntries(report.differences.map(({ id, kind }) => [id, kind])) };
  }

  test("F1: ids of type char(36) are found by a look-up, so that what differs is named", async () => {
    const id = (n: number): string => `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1${n}`;
    await makeTable(
      "chunk_id char(36) PRIMARY KEY",
      [1, 2, 3, 4, 5, 6].map((n) => `(chunk_id) VALUES ('${id(n)}')`),
    );
    await makePoints(
      [1, 2, 3, 4].map((n) => ({ chunk_id: id(n), ...(n < 3 ? { updated_at: "2020-01-01T00:00:00Z" } : {}) })),
    );
    const { exitCode, report, kinds } = await verify();
    expect({ exitCode, read: [report.source.read, report.destination.read], lagging: report.counts.lagging }).toEqual({
      exitCode: 1,
      read: [6, 4],
      lagging: 0,
    });
    expect(kinds).toEqual({ [id(1)]: "stale", [id(2)]: "stale", [id(5)]: "missing", [id(6)]: "missing" });
  });

  test("F1: 64-bit ids are found in payloads and as ids of points, one too many, one too few and a stale one", async () => {
    const ids = ["1639887574359322625", "1639887574359322626", "-9223372036854775808", "9223372036854775807"];
    await makeTable(
      "chunk_id bigint PRIMARY KEY",
      ids.map((id) => `(chunk_id) VALUES (${id})`),
    );
    await makePoints(
      ["1639887574359322625", "-9223372036854775808", "9223372036854775807", "1639887574359322627"].map(
        (id, index) => ({
          chunk_id: rawJson(id),
          ...(index === 2 ? { updated_at: "2020-01-01T00:00:00Z" } : {}),
        }),
      ),
      (index) => rawJson(`1639887574359322${700 + index}`),
    );
    const { exitCode, kinds } = await verify();
    expect(exitCode).toBe(1);
    expect(kinds).toEqual({
      "1639887574359322626": "missing",
      "1639887574359322627": "extra",
      "9223372036854775807": "stale",
    });
  });

  test("F1: an id of a kind that no search finds makes the outcome unknown", async () => {
    await makeTable("chunk_id text PRIMARY KEY", ["(chunk_id) VALUES ('12')"]);
    await makePoints([{ chunk_id: rawJson("12.0") }]);
    const { exitCode, report } = await verify();
    expect(exitCode).toBe(2);
    expect(report.reason).toContain("the point 1 has 12.0; store it as text");
  });

  test("F2: bigints that float32 can't tell apart are told apart", async () => {
    await makeTable("chunk_id text PRIMARY KEY, doc bigint, price numeric(30,10)", [
      "(chunk_id, doc) VALUES ('a', 1639887574359322625), ('b', 9007199254740993)",
      "(chunk_id, price) VALUES ('c', 0.1), ('d', 12.0000000001)",
    ]);
    await makePoints([
      { chunk_id: "a", doc: rawJson("1639887590213791745") },
      { chunk_id: "b", doc: rawJson("9007199254740992") },
      { chunk_id: "c", price: 0.1 },
      { chunk_id: "d", price: 12.000000001 },
    ]);
    const { kinds } = await verify({ base: { metadataColumns: ["doc", "price"] } });
    expect(kinds).toEqual({ a: "payload", b: "payload", d: "payload" });
  });

  test("F3: rows that a policy hides end the run before it reads, and say which role it needs", async () => {
    await makeTable("chunk_id text PRIMARY KEY, tenant text", [
      "(chunk_id, tenant) SELECT 'c' || n, n % 2 FROM generate_series(1, 10) n",
    ]);
    await makePoints(Array.from({ length: 10 }, (_, index) => ({ chunk_id: `c${index + 1}` })));
    await client.query(`DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'reader';
      GRANT SELECT ON chunks TO reader; ALTER TABLE chunks ENABLE ROW LEVEL SECURITY;
      CREATE POLICY own ON chunks TO reader USING (tenant = '1')`);
    const url = new URL(postgres.connectionString);
    url.username = "reader";
    url.password = "reader";
    const hidden = await verify({ credentials: url.href });
    expect(hidden.exitCode).toBe(2);
    expect(hidden.report).toMatchObject({ source: { read: 0 }, differences: [] });
    expect(hidden.report.reason).toContain("row-level security of the table may hide rows from the role reader");
    // A view in front of the table is no way around: what the policy would hide is an error there.
    await client.query(
      "DROP VIEW IF EXISTS shown; CREATE VIEW shown AS SELECT * FROM chunks; GRANT SELECT ON shown TO reader",
    );
    await client.query("ALTER TABLE chunks FORCE ROW LEVEL SECURITY; ALTER VIEW shown OWNER TO reader");
    const viewed = await verify({ credentials: url.href, base: { table: "shown" } });
    expect(viewed.exitCode).toBe(2);
    await client.query("DROP VIEW shown; DROP OWNED BY reader");
    expect((await verify()).exitCode).toBe(0);
  });

  test("F5: milliseconds beside whole seconds are compared by the second, and the report says so", async () => {
    await makeTable("chunk_id text PRIMARY KEY", [
      `(chunk_id, updated_at) SELECT 'c' || n, timestamptz '${noon}' + n * interval '1.037 seconds' FROM generate_series(1, 300) n`,
    ]);
    const cut = (n: number): string => `${new Date(Date.parse(noon) + n * 1037).toISOString().slice(0, 19)}Z`;
    await makePoints(
      Array.from({ length: 300 }, (_, index) => ({
        chunk_id: `c${index + 1}`,
        updated_at: index === 7 ? "2026-01-31T11:00:00Z" : cut(index + 1),
      })),
    );
    const { report, kinds } = await verify({ args: [] });
    expect(kinds).toEqual({ c8: "stale" });
    expect(report).toMatchObject({ momentPrecision: "second", source: { read: 300 }, destination: { read: 300 } });
  });

  test("F9: a number with a point and one as text are other values, as no filter finds them", async () => {
    await makeTable("chunk_id text PRIMARY KEY, year int, price numeric(10,2), tenant_id bigint", [
      "VALUES ('a', 2024, 12.00, 7), ('b', 2024, 12.00, 7), ('c', 2024, 12.00, 7), ('d', 2024, 12.50, 7)",
    ]);
    await makePoints([
      { chunk_id: "a", year: 2024, price: 12, tenant_id: "7" },
      { chunk_id: "b", year: rawJson("2024.0"), price: 12, tenant_id: "7" },
      { chunk_id: "c", year: 2024, price: 12, tenant_id: 7 },
      { chunk_id: "d", year: "2024", price: 12.5, tenant_id: "7" },
    ]);
    const own = { namespaceField: "tenant_id" };
    const { kinds } = await verify({ base: { ...own, metadataColumns: ["year", "price"] }, destination: own });
    expect(kinds).toEqual({ b: "payload", c: "payload", d: "payload" });
  });

  test("all chunks twice: how many doubles there are is said, and they are listed", async () => {
    const names = Array.from({ length: 50 }, (_, index) => `c${index + 100}`);
    await makeTable("chunk_id text PRIMARY KEY", ["(chunk_id) SELECT 'c' || n FROM generate_series(100, 149) n"]);
    await makePoints([...names, ...names].map((chunk_id) => ({ chunk_id })));
    const { exitCode, report } = await verify();
    expect(exitCode).toBe(2);
    expect(report.reason).toContain("the destination holds 50 of them more than once");
    expect(report.destination.doubled).toEqual({ count: 50, ids: names });
    await client.query(
      "ALTER TABLE chunks DROP CONSTRAINT chunks_pkey; INSERT INTO chunks SELECT * FROM chunks LIMIT 3",
    );
    expect((await verify()).report.source.doubled?.count).toBe(3);
  });

  test("Cosine beside Dot: the ids are compared, and what to do for more is said", async () => {
    await makeCollection("Dot");
    await makeTable("chunk_id text PRIMARY KEY", ["VALUES ('a'), ('b')"]);
    await makePoints([{ chunk_id: "a" }]);
    expect((await verify({ args: ["--level", "ids"] })).kinds).toEqual({ b: "missing" });
    const { exitCode, report } = await verify();
    expect(exitCode).toBe(2);
    expect(report.reason).toContain("--level ids compares which chunks there are all the same");
  });

  test("what a repair has to reckon with is in the report before anybody repairs", async () => {
    await makeTable("chunk_id text PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY", ["(chunk_id) VALUES ('a')"]);
    await makePoints([{ chunk_id: "a" }]);
    await client.query(`CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;
      CREATE TRIGGER touched BEFORE UPDATE ON chunks FOR EACH ROW EXECUTE FUNCTION touch();
      ALTER DATABASE postgres SET default_transaction_read_only = on`);
    try {
      const { exitCode, report } = await verify();
      expect(exitCode).toBe(0);
      expect(report.source.remarks).toEqual([
        "the server takes no writes (a replica, or default_transaction_read_only): a repair can't write it",
        "the trigger touched may change what is written: a repaired chunk can differ again",
        "the server makes n itself: a repair can't write it",
      ]);
    } finally {
      await client.query("ALTER DATABASE postgres RESET default_transaction_read_only");
    }
  });

  test("A1, A2: since a moment, texts are compared as moments, and points whose moment can't be read are in", async () => {
    await client.query(`CREATE TABLE chunks (chunk_id text PRIMARY KEY, entity_id text, updated_at text,
      embedding vector(2)); INSERT INTO chunks VALUES ('zone', 'e', '2026-01-31 23:00:00-05', '[1,0]'),
      ('before', 'e', '2026-02-01 02:00:00+03', '[1,0]')`);
    await makePoints([
      { chunk_id: "zone", entity_id: "other", updated_at: "2026-02-01T04:00:00Z" },
      { chunk_id: "before", entity_id: "other", updated_at: "2026-01-31T23:00:00Z" },
      { chunk_id: "number", updated_at: 1770000000 },
      { chunk_id: "words", updated_at: "yesterday" },
    ]);
    const { exitCode, kinds } = await verify({ args: ["--level", "payload", "--since", "2026-02-01T00:00:00Z"] });
    expect({ exitCode, kinds }).toEqual({
      exitCode: 1,
      kinds: { zone: "payload", number: "extra", words: "extra" },
    });
  });

  test("A3: a field's moment keeps its milliseconds where updated_at is held by the second", async () => {
    const at = (n: number): string => new Date(Date.parse(noon) + n * 1037).toISOString();
    await makeTable(
      "chunk_id text PRIMARY KEY, published timestamptz",
      Array.from({ length: 12 }, (_, n) => `VALUES ('c${n}', '2026-01-01T00:00:00.9Z', 'e', '${at(n)}', '[1,0]')`),
    );
    await makePoints(
      Array.from({ length: 12 }, (_, n) => ({
        chunk_id: `c${n}`,
        published: `2026-01-01T00:00:00.${n === 3 ? 1 : 9}00Z`,
        updated_at: `${at(n).slice(0, 19)}Z`,
      })),
    );
    const { report, kinds } = await verify({ base: { metadataColumns: ["published"] } });
    expect([report.momentPrecision, kinds]).toEqual(["second", { c3: "payload" }]);
  });

  test("A3: moments are compared by the microsecond where both stores hold it, or else as finely as the coarser does", async () => {
    await client.query(`CREATE TABLE chunks (chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz,
      embedding vector(2), second timestamp(0), milli timestamptz(3), day date, at timestamptz, words text)`);
    const held = (n: number, micros: string): string => `2026-01-31T12:00:0${n}.123${micros}Z`;
    const same = Array.from({ length: 9 }, (_, n) => held(n, "456"));
    for (const [n, moment] of same.entries()) {
      const values = [moment, "[1,0]", ...Array.from({ length: 4 }, () => "2026-01-31T12:00:00.5004561Z")];
      const list = ["e", ...values, "2026-01-31T12:00:00Z"].map((value) => `'${value}'`);
      await client.query(`INSERT INTO chunks VALUES ('c${n}', ${list.join(", ")})`);
    }
    const points = (finer: string) =>
      same.map((moment, n) => ({
        chunk_id: `c${n}`,
        updated_at: n === 1 ? held(n, finer) : moment,
        second: n === 2 ? "2026-01-31T12:00:00.499Z" : "2026-01-31T12:00:00.5004561Z",
        milli: n === 3 ? "2026-01-31T12:00:00.499Z" : "2026-01-31T12:00:00.5004561Z",
        day: n === 4 ? "2026-02-01" : "2026-01-31T12:00:00.5Z",
        at: n === 5 ? "2026-01-31T12:00:00.500457Z" : "2026-01-31T12:00:00.5004561Z",
        words: n === 6 ? "2026-01-31T14:00:00+02:00" : "2026-01-31T12:00:00Z",
      }));
    for (const key of ["words", "at"]) {
      const body = { field_name: key, field_schema: "datetime" };
      await caller.call({ method: "PUT", path: pathOf("chunks", "/index?wait=true"), body });
    }
    await makePoints(points("457"));
    const base = { metadataColumns: ["second", "milli", "day", "at", "words"] };
    const { report, kinds } = await verify({ base });
    expect([report.momentPrecision, kinds]).toEqual([
      "microsecond",
      { c1: "stale", c2: "payload", c3: "payload", c4: "payload", c5: "payload", c6: "payload" },
    ]);
    expect(report.differences[0]).toMatchObject({
      sourceUpdatedAt: "2026-01-31T12:00:01.123456Z",
      destinationUpdatedAt: "2026-01-31T12:00:01.123457Z",
    });
    await makePoints(points("").map((point) => ({ ...point, updated_at: `${point.updated_at.slice(0, 23)}Z` })));
    expect((await verify({ args: [] })).report).toMatchObject({ momentPrecision: "millisecond", outcome: "equal" });
  });

  test("A3: moments that Postgres rounded into a column of milliseconds are the same as those they come from", async () => {
    const at = (n: number): string => `2026-01-31T12:00:0${n % 10}.123${n}00Z`;
    await client.query(`CREATE TABLE chunks (chunk_id text PRIMARY KEY, entity_id text DEFAULT 'e',
      updated_at timestamptz(3), embedding vector(2) DEFAULT '[1,0]')`);
    await makePoints(Array.from({ length: 10 }, (_, n) => ({ chunk_id: `c${n}`, updated_at: at(n) })));
    for (let n = 0; n < 10; n += 1)
      await client.query("INSERT INTO chunks (chunk_id, updated_at) VALUES ($1, $2)", [`c${n}`, at(n)]);
    expect((await verify({ args: [] })).report).toMatchObject({
      momentPrecision: "millisecond",
      outcome: "equal",
      counts: { lagging: 0 },
    });
  });

  test("A4: a database's own settings change no value that is compared", async () => {
    await makeTable("chunk_id text PRIMARY KEY, score float8, span interval, raw bytea", [
      `(chunk_id, score, span, raw) VALUES ('a', 0.1::float8 + 0.2::float8, '1 day 02:00:00', '\\x00ff')`,
    ]);
    await makePoints([{ chunk_id: "a", score: 0.3, span: "1 day 02:00:00", raw: "\\x00ff" }]);
    await client.query(`ALTER DATABASE postgres SET extra_float_digits = 0;
      ALTER DATABASE postgres SET intervalstyle = 'iso_8601'; ALTER DATABASE postgres SET bytea_output = 'escape'`);
    try {
      expect((await verify({ base: { metadataColumns: ["span", "raw"] } })).exitCode).toBe(0);
      expect((await verify({ base: { metadataColumns: ["score"] } })).kinds).toEqual({ a: "payload" });
    } finally {
      await client.query("ALTER DATABASE postgres RESET ALL");
    }
  });

  test("A5: a moment that can't be read equals neither none nor another one, and infinity isn't none", async () => {
    await makeTable("chunk_id text PRIMARY KEY", [
      "(chunk_id, updated_at) VALUES ('number', NULL), ('words', NULL), ('list', NULL), ('none', NULL), ('null', NULL)",
      "(chunk_id, updated_at) VALUES ('infinity', 'infinity'), ('past', '-infinity'), ('february', '2026-03-02T00:00:00Z')",
      "(chunk_id) VALUES ('dated')",
    ]);
    await makePoints([
      { chunk_id: "number", updated_at: 1770000000 },
      { chunk_id: "words", updated_at: "yesterday" },
      { chunk_id: "list", updated_at: [noon] },
      { chunk_id: "none", updated_at: undefined },
      { chunk_id: "null", updated_at: null },
      { chunk_id: "infinity", updated_at: null },
      { chunk_id: "past", updated_at: "-infinity" },
      { chunk_id: "february", updated_at: "2026-02-30T00:00:00Z" },
      { chunk_id: "dated" },
    ]);
    const differing = ["february", "infinity", "list", "number", "past", "words"];
    expect((await verify({ args: ["--level", "fresh"] })).kinds).toEqual(
      Object.fromEntries(differing.map((id) => [id, "stale"])),
    );
  });

  test("a column type that no moment can be read from is named, and nothing is called out of reach", async () => {
    await client.query("CREATE TABLE chunks (chunk_id text, entity_id text, updated_at time, embedding vector(2))");
    await client.query("INSERT INTO chunks VALUES ('a', 'e', '12:00', '[1,0]')");
    await makePoints([{ chunk_id: "a" }]);
    const { exitCode, report } = await verify({ args: [] });
    expect(exitCode).toBe(2);
    expect(report.reason).toMatch(/updated_at: expected a column of type timestamptz, .*, it is time/);
  });
});
