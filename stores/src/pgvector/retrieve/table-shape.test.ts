// Tables as people have them: types, schemas, indexes, partitions and views, on the database itself.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "#ports/backend.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints, vectorAt } from "#test/points.ts";
import { requestOf } from "#test/requests.ts";
import { makeSpec, testDeps } from "#test/spec.ts";
import { unknownSettings } from "../client/session-settings.ts";
import { makePgvectorBackend } from "./backend.ts";

let postgres: TestPostgres;
const opened: Backend[] = [];

beforeAll(async () => {
  postgres = await startPostgres(makePoints(40));
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((backend) => backend.close()));
});

afterAll(() => postgres.close());

/** The backend of a table that these statements have made of `vector_chunks`. */
async function arrange(sql: string, change: object = {}): Promise<Backend> {
  await postgres.exec(`DROP VIEW IF EXISTS shaped_view; DROP TABLE IF EXISTS shaped CASCADE; ${sql}`);
  const { connectionString, hasSessions } = postgres;
  const pooled = hasSessions ? { poolSize: 2 } : { preparedStatements: false, poolSize: 1 };
  const spec = { connectionString, table: "shaped", metadataColumns: ["lang"], timeoutMs: 5000, ...pooled, ...change };
  const backend = makePgvectorBackend(makeSpec("pgvector", spec), testDeps);
  opened.push(backend);
  return backend;
}

const ask = (backend: Backend, body: object = {}) =>
  backend.retrieve(requestOf({ embedding: vectorAt(5), k: 3, ...body }), AbortSignal.timeout(5000));
const remarksOf = async (backend: Backend) => (await backend.probe(AbortSignal.timeout(5000))).remarks;

const whole = "CREATE TABLE shaped AS SELECT * FROM vector_chunks";
const as = (type: string, index = "") =>
  `${whole}; ALTER TABLE shaped ALTER COLUMN embedding TYPE ${type} USING embedding::${type}; ${index}`;
const dimension = vectorAt(0).length;
const half = `halfvec(${dimension})`;
const bits = `bit(${dimension})`;
const toBits = `${whole}; ALTER TABLE shaped ALTER COLUMN embedding TYPE ${bits} USING binary_quantize(embedding)::${bits};`;

describe("a column", () => {
  test.each([
    ["of vector without a dimension", as("vector")],
    ["of halfvec", as(half)],
    ["of halfvec without a dimension", as("halfvec")],
    [
      "of a domain over a domain",
      `DROP DOMAIN IF EXISTS outer_emb, inner_emb; CREATE DOMAIN inner_emb AS vector(${dimension}); CREATE DOMAIN outer_emb AS inner_emb; ${as("outer_emb")}`,
    ],
    ["of a domain", `DROP DOMAIN IF EXISTS emb; CREATE DOMAIN emb AS vector(${dimension}); ${as("emb")}`],
  ])("F6: %s gives the nearest chunk first, exactly and not", async (_, sql) => {
    const backend = await arrange(sql);
    for (const more of [{}, { namespace: "odd" }, { filters: { lang: "en" } }]) {
      const { candidates } = await ask(backend, more);
      expect(candidates[0]).toMatchObject({ chunkId: "chunk-5", entityId: "entity-1" });
      expect(candidates[0]?.similarity).toBeCloseTo(1, 3);
    }
    const exact = await backend.retrieve(
      { ...requestOf({ embedding: vectorAt(5), k: 1 }), isExact: true },
      AbortSignal.timeout(5000),
    );
    expect(exact.candidates[0]?.chunkId).toBe("chunk-5");
  });

  test.each(["cosine", "l2", "inner-product"] as const)("of bits compares signs, by %s", async (distance) => {
    const backend = await arrange(`${toBits} CREATE INDEX ON shaped USING hnsw (embedding bit_hamming_ops)`, {
      distance,
    });
    const { candidates } = await ask(backend, { k: 40 });
    expect(candidates).toHaveLength(40);
    const similarities = candidates.map(({ similarity }) => similarity);
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
    expect(
      candidates.filter(({ similarity }) => similarity === similarities[0]).map(({ chunkId }) => chunkId),
    ).toContain("chunk-5");
    expect(await remarksOf(backend)).toEqual([]);
  });

  test("of another type is refused by name, whatever is asked", async () => {
    const backend = await arrange(as(`sparsevec(${dimension})`));
    const words = "embedding: expected a column of type vector, halfvec or bit, it is sparsevec";
    await expect(ask(backend)).rejects.toMatchObject({ code: "RETR_BACKEND_MISSING", message: words });
    expect((await backend.probe(AbortSignal.timeout(5000))).fault).toMatchObject({ message: words });
  });

  test.each([as(half), toBits, as("vector")])("takes a request of another dimension for what it is", async (sql) => {
    const backend = await arrange(sql);
    const asked = ask(backend, { embedding: [1, 2, 3] });
    await expect(asked).rejects.toMatchObject({ code: "RETR_REQUEST_INVALID", path: "embedding" });
  });

  test("of half precision refuses numbers that are too large for it, and blames the embedding", async () => {
    const backend = await arrange(as(half));
    const asked = ask(backend, { embedding: vectorAt(5).map(() => 1e6) });
    await expect(asked).rejects.toMatchObject({ code: "RETR_REQUEST_INVALID", path: "embedding" });
  });
});

const halfIndex = `CREATE INDEX ON shaped USING hnsw ((embedding::${half}) halfvec_cosine_ops)`;
const index = "CREATE INDEX shaped_idx ON shaped USING hnsw (embedding vector_cosine_ops)";
const slow = "no index serves cosine of embedding, so that every search reads all rows";
const parts = `CREATE TABLE shaped (LIKE vector_chunks) PARTITION BY LIST (lang);
  CREATE TABLE shaped_en PARTITION OF shaped FOR VALUES IN ('en'); CREATE TABLE shaped_rest PARTITION OF shaped DEFAULT;
  INSERT INTO shaped SELECT * FROM vector_chunks;`;

const but = (what: string): string[] => [`${slow}; there are shaped_idx (${what})`];
const invalidate = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shaped_idx'::regclass";

describe("an index", () => {
  test.each([
    ["on the column", `${whole}; ${index}`, []],
    ["on its half precision", `${whole}; ${halfIndex}`, []],
    ["on a column of halfvec", as(half, "CREATE INDEX ON shaped USING hnsw (embedding halfvec_cosine_ops)"), []],
    [
      "on a cast to a length, of a column without one",
      as("vector", `CREATE INDEX ON shaped USING hnsw ((embedding::vector(${dimension})) vector_cosine_ops)`),
      [],
    ],
    [
      "on a cast of a column of halfvec without a length",
      as("halfvec", `CREATE INDEX ON shaped USING hnsw ((embedding::${half}) halfvec_cosine_ops)`),
      [],
    ],
    ["that isn't there", whole, [slow]],
    ["for another distance", `${whole}; ${index.replace("cosine", "l2")}`, but("vector_l2_ops")],
    ["that isn't valid", `${whole}; ${index}; ${invalidate}`, but("vector_cosine_ops, not valid: REINDEX it")],
    ["on some rows", `${whole}; ${index} WHERE lang = 'en'`, but("vector_cosine_ops")],
    ["of a partitioned table", `${parts} ${index}`, []],
    [
      "of one partition",
      `${parts} ${index.replace("ON shaped", "ON shaped_en")}`,
      ["no index of shaped_rest serves cosine of embedding, so that every search reads all rows"],
    ],
  ])("F6: %s is found, or its lack is said", async (_, sql, remarks) => {
    const backend = await arrange(sql);
    expect(await remarksOf(backend)).toEqual(remarks);
    expect((await ask(backend)).candidates[0]?.chunkId).toBe("chunk-5");
  });

  test("on just the rows that a view has is found, and one on others isn't", async () => {
    const view = "CREATE VIEW shaped_view AS SELECT * FROM shaped WHERE lang = 'en'";
    const table = { table: "shaped_view" };
    expect(await remarksOf(await arrange(`${whole}; ${index} WHERE lang = 'en'; ${view}`, table))).toEqual([]);
    const other = await arrange(`${whole}; ${index} WHERE lang = 'de'; ${view}`, table);
    expect(await remarksOf(other)).toEqual(but("vector_cosine_ops"));
  });

  const views = {
    "a view": "SELECT * FROM shaped WHERE lang IS NOT NULL",
    "a view with names of its own":
      "SELECT v AS embedding, chunk_id, entity_id, updated_at, namespace, lang FROM shaped",
    "a view that sorts what it looks up for each row":
      "SELECT t.* FROM shaped t JOIN LATERAL (SELECT FROM vector_chunks o WHERE o.lang = t.lang ORDER BY o.updated_at LIMIT 1) x ON true",
    "a view that sorts what it looks up once":
      "SELECT * FROM shaped WHERE lang <> (SELECT chunk_id FROM vector_chunks ORDER BY updated_at LIMIT 1)",
  };
  test.each(Object.entries(views))("below %s is found", async (_, select) => {
    const renamed = select.includes("SELECT v") ? "ALTER TABLE shaped RENAME COLUMN embedding TO v;" : "";
    const view = `CREATE VIEW shaped_view AS ${select}`;
    const backend = await arrange(`${whole}; ${index}; ${renamed} ${view}`, { table: "shaped_view" });
    expect(await remarksOf(backend)).toEqual([]);
    expect((await ask(backend)).candidates[0]?.chunkId).toBe("chunk-5");
  });
});

const odd = ["datestyle TO 'SQL, DMY'", "timezone TO 'America/New_York'", "extra_float_digits TO -14"];

describe("an iterative scan", () => {
  const indexSettings = { hnswEfSearch: 1, hnswIterativeScan: "strict_order", hnswMaxScanTuples: 20_000 };
  // Made with these values: an index on rows that were changed isn't used while an older transaction runs anywhere.
  const rare = `CREATE TABLE shaped AS SELECT chunk_id, entity_id, namespace, updated_at, embedding,
    CASE WHEN chunk_id IN ('chunk-30', 'chunk-39') THEN 'xx' ELSE 'en' END AS lang FROM vector_chunks`;
  test.each([true, false])(
    "goes on until enough rows pass the filter, with prepared statements %s",
    async (preparedStatements) => {
      const sql = `${rare}; ${index}; SET enable_seqscan TO off; ALTER ROLE CURRENT_USER SET enable_seqscan TO off`;
      const more = postgres.hasSessions ? { preparedStatements } : {};
      const body = { filters: { lang: "xx" }, k: 2 };
      const few = await ask(await arrange(sql, { ...more, indexSettings: { hnswEfSearch: 1 } }), body);
      const all = await ask(await arrange(sql, { ...more, indexSettings }), body);
      await postgres.exec("RESET ALL; ALTER ROLE CURRENT_USER RESET ALL");
      expect(few.candidates.length).toBeLessThan(2);
      expect(all.candidates).toHaveLength(2);
    },
  );

  test("is refused by name where pgvector has none", async () => {
    const spec = makeSpec("pgvector", { connectionString: "postgres://u@h/d", indexSettings });
    expect(unknownSettings(spec, "0.7.4")).toEqual(["hnswIterativeScan", "hnswMaxScanTuples"]);
    expect(unknownSettings(spec, "0.8.0")).toEqual([]);
    expect(unknownSettings(spec, "1.0.0")).toEqual([]);
  });
});

describe("a condition of the base", () => {
  test("leaves rows out of answers, counts and the newest moment", async () => {
    const backend = await arrange(`${whole}; ${index}`, { where: "chunk_id <> 'chunk-5' OR namespace IS NULL" });
    const { candidates } = await ask(backend, { k: 40 });
    expect(candidates).toHaveLength(39);
    expect(candidates.map(({ chunkId }) => chunkId)).not.toContain("chunk-5");
    expect(await backend.probe(AbortSignal.timeout(5000))).toMatchObject({ count: 39, remarks: [] });
    const none = await arrange(whole, { where: "false" });
    expect(await none.probe(AbortSignal.timeout(5000))).toMatchObject({ count: 0, newestUpdatedAt: null });
  });

  test("is served by an index on just these rows", async () => {
    const backend = await arrange(`${whole}; ${index} WHERE lang = 'en'`, { where: "lang = 'en'" });
    expect(await remarksOf(backend)).toEqual([]);
  });

  test("isn't served by an index on other rows, which is said", async () => {
    const backend = await arrange(`${whole}; ${index} WHERE lang = 'en'`, { where: "lang = 'de'" });
    expect(await remarksOf(backend)).toEqual(but("vector_cosine_ops"));
  });

  test.each(["nowhere = 1", "chunk_id", "chunk_id = ", "true ORDER BY 1", "no_function(chunk_id)", "lang > 1"])(
    "that is none is refused by name, whatever is asked: %s",
    async (where) => {
      const backend = await arrange(whole, { where });
      const fault = { code: "RETR_BACKEND_MISSING", message: expect.stringMatching(/^where: /) as string };
      await expect(ask(backend)).rejects.toMatchObject(fault);
      expect((await backend.probe(AbortSignal.timeout(5000))).fault).toMatchObject(fault);
    },
  );
});

describe("updated_at", () => {
  const moment = "timestamptz '2026-04-03 10:11:12.345678+02'";
  test.each([
    ["timestamptz", moment, "2026-04-03T08:11:12.345Z"],
    ["timestamp", "timestamp '2026-04-03 10:11:12.345678'", "2026-04-03T10:11:12.345Z"],
    ["timestamp", "timestamp '1969-12-31 23:59:59.9999'", "1969-12-31T23:59:59.999Z"],
    ["timestamptz", "timestamptz 'infinity'", null],
    ["timestamptz", "NULL::timestamptz", null],
    ["date", "date '2026-04-03'", "2026-04-03T00:00:00.000Z"],
    ["text", "'2026-04-03 10:11:12'", "2026-04-03T10:11:12.000Z"],
    ["text", "'2026-04-03T10:11:12+02:00'", "2026-04-03T08:11:12.000Z"],
    ["text", "'soon'", null],
  ])("F11: of %s, %s, is %s whatever the role sets", async (type, value, expected) => {
    const settings = odd.map((setting) => `SET ${setting}; ALTER ROLE CURRENT_USER SET ${setting}`).join("; ");
    const backend = await arrange(
      `${whole}; ALTER TABLE shaped ALTER COLUMN updated_at TYPE ${type} USING ${value}; ${settings}`,
    );
    const { candidates } = await ask(backend);
    expect(candidates[0]).toMatchObject({ chunkId: "chunk-5", updatedAt: expected });
    expect(await backend.probe(AbortSignal.timeout(5000))).toMatchObject({ fault: null, newestUpdatedAt: expected });
    await postgres.exec("RESET ALL; ALTER ROLE CURRENT_USER RESET ALL");
  });

  test.each([
    ["bigint", "1775211072", "2026-04-03T10:11:12.000Z"],
    ["bigint", "1775211072345", "2026-04-03T10:11:12.345Z"],
    ["double precision", "1775211072.345", "2026-04-03T10:11:12.345Z"],
    ["numeric", "1775211072345678", "2026-04-03T10:11:12.345Z"],
    ["integer", "-1", "1969-12-31T23:59:59.000Z"],
    ["double precision", "'NaN'", null],
    ["numeric", "1e17", null],
  ])("F11: of %s, %s, counts from 1970 and is %s", async (type, value, expected) => {
    const backend = await arrange(
      `${whole}; ALTER TABLE shaped DROP COLUMN updated_at; ALTER TABLE shaped ADD COLUMN updated_at ${type} DEFAULT ${value}`,
    );
    expect((await ask(backend)).candidates[0]?.updatedAt).toBe(expected);
    expect(await backend.probe(AbortSignal.timeout(5000))).toMatchObject({ fault: null, newestUpdatedAt: expected });
  });

  test.each(["time", "boolean", "uuid"])("of %s is refused with the remedy", async (type) => {
    const backend = await arrange(
      `${whole}; ALTER TABLE shaped DROP COLUMN updated_at; ALTER TABLE shaped ADD COLUMN updated_at ${type}`,
    );
    const fault = {
      code: "RETR_BACKEND_MISSING",
      message: expect.stringContaining("serve from a view that makes it one") as string,
    };
    await expect(ask(backend)).rejects.toMatchObject(fault);
    expect((await backend.probe(AbortSignal.timeout(5000))).fault).toMatchObject(fault);
  });
});

describe("what is set for a statement that isn't prepared", () => {
  const unprepared = { preparedStatements: false, poolSize: 1 };

  test("is gone after it, so that a pooler's next client has its own settings", async () => {
    const backend = await arrange(whole, { ...unprepared, indexSettings: { hnswEfSearch: 77 } });
    await postgres.exec("SET timezone TO 'Asia/Tokyo'");
    expect((await ask(backend)).candidates).toHaveLength(3);
    const exact = { ...requestOf({ embedding: vectorAt(5), k: 3 }), isExact: true };
    expect((await backend.retrieve(exact, AbortSignal.timeout(5000))).candidates).toHaveLength(3);
    const shown = JSON.stringify([await postgres.exec("SHOW timezone"), await postgres.exec("SHOW enable_indexscan")]);
    await postgres.exec("RESET timezone");
    expect(shown).toContain("Asia/Tokyo");
    expect(shown).toContain('"enable_indexscan":"on"');
  });

  test("ends it on the server, where the client would only go away", async ({ skip }) => {
    // The embedded server has no timers.
    if (!postgres.hasSessions) skip();
    const backend = await arrange(whole, { ...unprepared, timeoutMs: 200, where: "pg_sleep(1) IS NOT NULL" });
    await expect(ask(backend)).rejects.toMatchObject({
      code: "RETR_DEADLINE_EXCEEDED",
      message: expect.stringContaining("57014") as string,
    });
  });
});

test("a row without an id is no candidate, and takes nobody's place", async () => {
  const backend = await arrange(
    `${whole}; ${index}; UPDATE shaped SET chunk_id = NULL WHERE chunk_id IN ('chunk-5', 'chunk-6')`,
  );
  const { candidates } = await ask(backend, { k: 40 });
  expect(candidates).toHaveLength(38);
  expect(candidates.map(({ chunkId }) => chunkId)).not.toContain("");
});

test.each([
  [{ text: "absent" }, "the table lacks absent"],
  [{ text: "lang.body" }, "lang.body: expected lang to be a column of json or jsonb"],
  [{ namespace: "absent.tenant" }, "the table lacks absent"],
  [{ namespace: "lang->>'tenant'" }, "lang.tenant: expected lang to be a column of json or jsonb"],
  [{ metadata: [{ name: "page", path: "lang.page" }] }, "lang.page: expected lang to be a column of json or jsonb"],
])(
  "a place that the table hasn't, %j, is refused by every request and the probe, as by a verification",
  async (fields, message) => {
    const backend = await arrange(whole, { fields, metadataColumns: [] });
    await expect(ask(backend)).rejects.toMatchObject({ code: "RETR_BACKEND_MISSING", message });
    expect((await backend.probe(AbortSignal.timeout(5000))).fault).toMatchObject({ message });
  },
);

test("a member of json that holds what no text of Postgres can takes no request down", async () => {
  const nul = String.raw`'{"ent": "a\u0000b", "at": "x\u0000", "lang": "\u0000", "cut": "\ud83d", "kept": "\\u0000"}'`;
  const backend = await arrange(
    `${whole}; ALTER TABLE shaped ADD COLUMN doc json DEFAULT ${nul}; UPDATE shaped SET doc = '{"ent": "e", "lang": "en"}' WHERE chunk_id = 'chunk-6'`,
    {
      fields: {
        entity: "doc.ent",
        updatedAt: "doc.at",
        text: "doc.kept",
        metadata: [{ name: "tag", path: "doc.lang" }],
      },
      metadataColumns: [],
    },
  );
  const content = { text: true, metadata: ["tag"] };
  const { candidates } = await ask(backend);
  expect(candidates[0]).toMatchObject({ chunkId: "chunk-5", entityId: "a\ufffdb", updatedAt: null });
  const first = await backend.retrieve(
    { ...requestOf({ embedding: vectorAt(5), k: 1 }), content },
    AbortSignal.timeout(5000),
  );
  expect(first.candidates[0]).toMatchObject({ text: String.raw`\u0000`, metadata: { tag: "\ufffd" } });
  expect((await ask(backend, { filters: { tag: "en" } })).candidates.map(({ chunkId }) => chunkId)).toEqual([
    "chunk-6",
  ]);
  const field = { name: "tag", type: "keyword", isList: false } as const;
  const filter = { op: "in", field, values: ["en"] } as const;
  const declared = await backend.retrieve(
    { ...requestOf({ embedding: vectorAt(5), k: 9 }), filter },
    AbortSignal.timeout(5000),
  );
  expect(declared.candidates.map(({ chunkId }) => chunkId)).toEqual(["chunk-6"]);
});

test("ids come as verification reads them", async () => {
  const backend = await arrange(
    `${whole}; ALTER TABLE shaped ALTER COLUMN chunk_id TYPE char(36), ALTER COLUMN entity_id TYPE bigint USING 9007199254740993`,
  );
  expect((await ask(backend)).candidates[0]).toMatchObject({ chunkId: "chunk-5", entityId: "9007199254740993" });
});

test("a table that is made anew with other types is searched as it is now", async () => {
  const backend = await arrange(as(half));
  await ask(backend);
  await postgres.exec(`DROP TABLE shaped; ${as(`vector(${dimension})`, index)}`);
  const found = await ask(backend).catch(() => ask(backend));
  expect(found.candidates[0]?.chunkId).toBe("chunk-5");
});

test.each(["extensions", "Ext 2"])(
  "F7: the extension in schema %s, outside of any search path, serves every type",
  async (schema) => {
    await postgres.exec(`CREATE SCHEMA "${schema}"; ALTER EXTENSION vector SET SCHEMA "${schema}"`);
    try {
      const inside = (sql: string) => `SET search_path TO public, "${schema}"; ${sql}; RESET search_path`;
      for (const sql of [whole, `${whole}; ${halfIndex}`, as(half), as("vector"), toBits]) {
        const backend = await arrange(inside(sql));
        expect((await ask(backend, { k: 40 })).candidates.map(({ chunkId }) => chunkId)).toContain("chunk-5");
        expect((await backend.probe(AbortSignal.timeout(5000))).fault).toBeNull();
      }
    } finally {
      await postgres.exec("ALTER EXTENSION vector SET SCHEMA public");
    }
  },
);
