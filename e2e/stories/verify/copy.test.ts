// Copies between a real Postgres and the stand-in, in every direction, refused chunks, and copies that are killed.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { addIndexes, pathOf, pointIdOf } from "#stores/qdrant-rest.ts";
import { makeRandom } from "#support/random.ts";
import { keepBusy } from "#support/verify/busy-table.ts";
import { startTwoStores, type TwoStores } from "#support/verify/two-stores.ts";
import { makePlace, type Place, runCopy, runVerify, startCopy } from "#support/verify/verify-process.ts";

const address = "127.0.0.84";
const rows = 1200;
const fields = ["tags", "price", "seen_at", "meta", "flag", "ratio", "big"] as const;
const columns = `chunk_id text PRIMARY KEY, entity_id text NOT NULL, namespace text, updated_at timestamptz,
  embedding vector(3) NOT NULL, body text, tags text[], price numeric(10,2), seen_at timestamptz, meta jsonb, flag bool,
  ratio real, big bigint`;
const fast = ["--budget", "none", "--lag", "0"] as const;

let { postgres, qdrant, caller, client, close } = {} as TwoStores;

beforeAll(async () => {
  ({ postgres, qdrant, caller, client, close } = await startTwoStores(address, "16-0.8"));
  await client.query(`CREATE TABLE full_table (${columns})`);
  await client.query(`INSERT INTO full_table SELECT 'chunk ' || i, 'entity-' || i / 10, 'ns-' || i % 3,
    timestamptz '2026-01-01' + i * interval '1.001 seconds', format('[%s,%s,1]', sin(i), cos(i))::vector,
    CASE WHEN i % 7 > 0 THEN E'first line\\nzweite Zeile – "' || i || '"' END, ARRAY['a' || i, 'b"c'], i + 0.25,
    CASE WHEN i % 5 > 0 THEN timestamptz '2026-02-01' + i * interval '1 minute' END,
    jsonb_build_object('page', i, 'of', jsonb_build_array(1, 2.5, 'x')), i % 2 = 0, sin(i), 9007199254740993 + i
    FROM generate_series(1, ${rows}) AS i`);
});

afterAll(() => close());

async function table(name: string): Promise<object> {
  if (name !== "full_table") await client.query(`CREATE TABLE ${name} (${columns})`);
  return { kind: "pgvector", connectionString: postgres.connectionString, table: name, ...named };
}

const named = { fields: { text: "body", metadata: fields.map((name) => ({ name })) } };

async function collection(name: string): Promise<object> {
  await caller.call({ method: "PUT", path: pathOf(name), body: { vectors: { size: 3, distance: "Cosine" } } });
  await addIndexes(caller.call, name, { chunk_id: "keyword", updated_at: "datetime", seen_at: "datetime" });
  return { kind: "qdrant", url: qdrant.url, collection: name, ...named };
}

/** Where a copy goes from and to. */
function open(source: object, destination: object, more: object = {}) {
  const dualRead = { enabled: true, sampleRate: 0, shadow: destination };
  const place = makePlace({ "retriever.json": { primary: source, dualRead, ...more } });
  onTestFinished(place.remove);
  return place;
}

function lineOf(stdout: string): { readonly copy: Record<string, unknown> } {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { readonly copy: Record<string, unknown> };
}

/** All but the vectors, which a collection of directions changes in length. */
async function contentOf(name: string): Promise<unknown> {
  const { rows: found } = await client.query(`SELECT md5(string_agg(ROW(chunk_id, entity_id, namespace, updated_at,
    body, tags, price, seen_at, meta, flag, ratio, big)::text, '|' ORDER BY chunk_id)) AS digest, count(*) FROM ${name}`);
  return found[0];
}

test("from table to collection to collection to table to table, every field arrives as it was", async () => {
  const chain = [
    await table("full_table"),
    await collection("first"),
    await collection("second"),
    await table("back"),
    await table("again"),
  ] as const;
  for (const [index, destination] of chain.slice(1).entries()) {
    const { exitCode, stdout, stderr } = await runCopy(open(chain[index] as object, destination), fast);
    expect(stderr).not.toContain("RETR_");
    expect([stdout, exitCode]).toEqual([expect.stringContaining("equal"), 0]);
    expect(lineOf(stdout).copy).toMatchObject({ done: { written: rows }, compared: { outcome: "equal", repaired: 0 } });
  }
  expect(await contentOf("back")).toEqual(await contentOf("full_table"));
  expect(await contentOf("again")).toEqual(await contentOf("full_table"));
  const { exitCode, stdout } = await runCopy(open(chain[0], chain[4]), fast);
  expect([exitCode, lineOf(stdout).copy]).toEqual([0, expect.objectContaining({ refused: [] })]);
  expect(lineOf(stdout).copy).toMatchObject({ done: { held: rows, written: 0 } });
});

test("doubles of which a collection shows the neighbours arrive all the same, and another one is told from them", async () => {
  const list = "chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector(3)";
  const more = "score float8, decimal numeric, inner_score jsonb, scores float8[]";
  for (const name of ["doubles", "doubles_back"]) await client.query(`CREATE TABLE ${name} (${list}, ${more})`);
  await client.query(`INSERT INTO doubles SELECT i, 'e', '2026-01-31', '[1,2,3]', sin(i), sin(i)::text::numeric,
    jsonb_build_object('a', jsonb_build_array(sin(i))), ARRAY[sin(i), 1e-9 * cos(i)] FROM generate_series(1, 200) AS i`);
  const own = { fields: { metadata: ["score", "decimal", "inner_score", "scores"].map((name) => ({ name })) } };
  const chain = [
    { ...(await table("full_table")), table: "doubles", ...own },
    { ...(await collection("doubles")), ...own },
    { ...(await collection("more_doubles")), ...own },
    { ...(await table("full_table")), table: "doubles_back", ...own },
  ];
  for (const [index, destination] of chain.slice(1).entries()) {
    const { exitCode, stdout } = await runCopy(open(chain[index] as object, destination), fast);
    expect([exitCode, lineOf(stdout).copy]).toEqual([0, expect.objectContaining({ refused: [] })]);
    expect(lineOf(stdout).copy).toMatchObject({ compared: { outcome: "equal", repaired: 0 } });
  }
  const { rows: neighbours } = await client.query(
    "SELECT FROM doubles JOIN doubles_back AS b USING (chunk_id) WHERE b.score <> doubles.score",
  );
  expect(neighbours.length).toBeGreaterThan(10);
  await client.query("UPDATE doubles SET score = score + 1e-15 WHERE chunk_id = '7'");
  const changed = open(chain[0] as object, chain[1] as object);
  await runVerify(changed, [...fast, "--level", "payload"]);
  expect(changed.report().differences.map(({ id, kind }) => [id, kind])).toEqual([["7", "payload"]]);
});

test("points without a date are rows without one, whatever the column's default is", async () => {
  await collection("undated");
  const points = [1, 2, 3].map((id) => ({
    id,
    vector: [id, 1, 2],
    payload: { chunk_id: `c${id}`, entity_id: "e", ...(id === 1 ? { updated_at: "2026-01-31T00:00:00Z" } : {}) },
  }));
  await caller.call({ method: "PUT", path: pathOf("undated", "/points?wait=true"), body: { points } });
  await client.query(`CREATE TABLE undated (chunk_id text PRIMARY KEY, entity_id text, embedding vector(3),
    updated_at timestamptz DEFAULT now())`);
  const own = { fields: { metadata: [] } };
  const source = { kind: "qdrant", url: qdrant.url, collection: "undated", ...own };
  const destination = { kind: "pgvector", connectionString: postgres.connectionString, table: "undated", ...own };
  const { exitCode, stdout } = await runCopy(open(source, destination), fast);
  expect([exitCode, lineOf(stdout).copy]).toEqual([0, expect.objectContaining({ refused: [] })]);
});

/** Parts of a source, each copied by a process of its own, two at a time, the last one first. */
async function copyInParts(place: Place, parts: number): Promise<number> {
  const divided = await runCopy(place, ["--divide", `${parts}`]);
  expect([divided.exitCode, divided.stderr]).toEqual([0, ""]);
  const bounds = divided.stdout.trim();
  expect(JSON.parse(bounds)).toHaveLength(parts - 1);
  let written = 0;
  for (let last = parts - 1; last >= 0; last -= 2) {
    const some = [last, last - 1].filter((index) => index >= 0);
    const ends = await Promise.all(
      some.map((index) => runCopy(place, [...fast, "--range", `${index}/${parts}`, "--bounds", bounds])),
    );
    for (const { exitCode, stdout } of ends) {
      expect([exitCode, lineOf(stdout).copy]).toEqual([0, expect.objectContaining({ compared: null, refused: [] })]);
      const { done } = lineOf(stdout).copy as { readonly done: { readonly written: number } };
      // None has more than its share by much.
      expect(done.written).toBeLessThan((2.5 * rows) / parts);
      written += done.written;
    }
  }
  return written;
}

test("in parts by the ids' own order, from a table and from a collection, every chunk arrives once", async () => {
  const source = await table("full_table");
  const destination = await collection("in_parts");
  expect(await copyInParts(open(source, destination), 4)).toBe(rows);
  const back = await table("back_in_parts");
  expect(await copyInParts(open(destination, back), 3)).toBe(rows);
  expect(await contentOf("back_in_parts")).toEqual(await contentOf("full_table"));
});

test.each([
  { form: "integers", type: "bigint", id: "i * 7 - 3000" },
  { form: "UUIDs", type: "uuid", id: "md5(i::text)::uuid" },
  {
    form: "texts in the order of their bytes",
    type: 'text COLLATE "C"',
    id: "chr(65 + i % 26) || chr(97 + i % 25) || i",
  },
  { form: "padded texts", type: "char(12)", id: "i" },
])("$form are divided in the order of their column", async ({ form, type, id }) => {
  const name = `divided_${form.split(" ")[0]?.toLowerCase()}`;
  const made = (each: string) =>
    `CREATE TABLE ${each} (chunk_id ${type} PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector(3) NOT NULL)`;
  await client.query(`${made(name)}; ${made(`${name}_copy`)};
    INSERT INTO ${name} SELECT ${id}, 'e', now() - i * interval '1 second', '[1,2,3]' FROM generate_series(1, ${rows}) AS i; ANALYZE ${name}`);
  const place = (each: string) => ({ kind: "pgvector", connectionString: postgres.connectionString, table: each });
  expect(await copyInParts(open(place(name), place(`${name}_copy`)), 5)).toBe(rows);
  const { rows: differing } = await client.query(
    `SELECT chunk_id FROM ${name} EXCEPT SELECT chunk_id FROM ${name}_copy`,
  );
  expect(differing).toEqual([]);
});

test("what is done once for the whole isn't taken for a part", async () => {
  const place = open(await table("full_table"), await collection("whole_only"));
  const { exitCode, stderr } = await runCopy(place, [
    "--range",
    "0/1",
    "--create",
    "--delete-extra",
    "--divide",
    "300",
  ]);
  expect(exitCode).toBe(3);
  for (const name of ["--create", "--delete-extra", "--divide"]) expect(stderr).toContain(`${name}: expected`);
});

test("a dry run says what would be done and refused, and writes nothing", async () => {
  await table("narrow");
  await client.query("ALTER TABLE narrow ADD CHECK (big > 0), ALTER body TYPE varchar(36), ALTER flag SET NOT NULL");
  await client.query("ALTER TABLE full_table ADD note text");
  onTestFinished(async () => void (await client.query("ALTER TABLE full_table DROP note")));
  const source = await table("full_table");
  const destination = { kind: "pgvector", connectionString: postgres.connectionString, table: "narrow", ...named };
  const place = open(source, destination);
  await client.query("UPDATE full_table SET body = repeat('x', 40) WHERE chunk_id IN ('chunk 1', 'chunk 999')");
  onTestFinished(async () => {
    await client.query(`UPDATE full_table SET body = 'short' WHERE body LIKE 'xxx%'`);
  });
  const dry = await runCopy(place, ["--dry-run"]);
  expect(dry.exitCode).toBe(1);
  expect(dry.stdout).toContain(`${rows} chunks that the destination lacks`);
  expect(dry.stdout).toContain("dry run: nothing was written");
  expect(dry.stdout).toContain("no field names note of the source: what they hold isn't copied");
  expect(lineOf(dry.stdout).copy).toMatchObject({ refused: [{ id: "chunk 1" }] });
  expect(await contentOf("narrow")).toMatchObject({ count: "0" });

  const done = await runCopy(place, fast);
  expect(done.exitCode).toBe(1);
  const { copy } = lineOf(done.stdout);
  expect((copy["refused"] as { id: string; reason: string }[]).map(({ id }) => id).toSorted()).toEqual([
    "chunk 1",
    "chunk 999",
  ]);
  expect(done.stdout).toContain("a text is too long for its column");
  expect(copy).toMatchObject({ compared: { outcome: "drift", counts: { missing: 2 } } });
  expect(await contentOf("narrow")).toMatchObject({ count: `${rows - 2}` });
});

test("a destination without an index on the chunk id, with another dimension or another metric isn't written", async () => {
  await client.query(`CREATE TABLE bare (${columns.replace(" PRIMARY KEY", "")})`);
  await caller.call({ method: "PUT", path: pathOf("wide"), body: { vectors: { size: 4, distance: "Cosine" } } });
  const source = await table("full_table");
  const adapter = { kind: "pgvector", connectionString: postgres.connectionString, table: "bare", ...named };
  const bare = await runCopy(open(source, adapter), fast);
  expect([bare.exitCode, bare.stderr]).toEqual([3, expect.stringContaining("RETR_COPY_REFUSED")]);
  const wide = await runCopy(open(source, { kind: "qdrant", url: qdrant.url, collection: "wide", ...named }), fast);
  expect([wide.exitCode, wide.stderr]).toEqual([2, expect.stringContaining("dimension: the source has 3")]);
  const odd = await runCopy(open(source, adapter), ["--in-flight", "0", "--batch", "x"]);
  expect([odd.exitCode, odd.stderr]).toEqual([
    3,
    expect.stringContaining("--batch: expected 1 to 1000; --in-flight: expected 1 to 16"),
  ]);
});

test("a destination that is to be made is like the source, indexed at the end, and one that is there and doesn't fit stays", async () => {
  const source = await table("full_table");
  const made = { ...source, table: "made" };
  const collected = { kind: "qdrant", url: qdrant.url, collection: "made", ...named };
  const index = join(open(source, made).path, "index.json");
  writeFileSync(index, JSON.stringify({ m: 8, efConstruction: 32 }));
  const filterable = { flag: "boolean", big: "integer", tags: "keyword[]" };
  const create = [...fast, "--create", "--index", index];
  const dry = await runCopy(open(source, made, { filterable }), [...create, "--dry-run"]);
  expect([dry.exitCode, dry.stdout]).toEqual([0, expect.stringContaining('the table "public"."made"')]);
  const first = await runCopy(open(source, made, { filterable }), create);
  expect([first.exitCode, lineOf(first.stdout).copy]).toEqual([0, expect.objectContaining({ refused: [] })]);
  expect(await contentOf("made")).toEqual(await contentOf("full_table"));
  const { rows: indexes } = await client.query("SELECT indexdef FROM pg_indexes WHERE tablename = 'made'");
  const definitions = indexes.map(({ indexdef }) => String(indexdef)).join("\n");
  expect(definitions).toContain("USING hnsw (embedding vector_cosine_ops) WITH (m='8', ef_construction='32')");
  for (const part of ["UNIQUE INDEX made_pkey", "btree (flag)", "btree (big)", "gin (tags)", "btree (updated_at)"])
    expect(definitions).toContain(part);

  const second = await runCopy(open(made, collected, { filterable }), create);
  expect([second.exitCode, lineOf(second.stdout).copy]).toEqual([0, expect.objectContaining({ refused: [] })]);
  const described = await caller.call({ method: "GET", path: pathOf("made") });
  expect(described).toMatchObject({
    config: { params: { vectors: { size: 3, distance: "Cosine" } }, optimizer_config: { indexing_threshold: 10_000 } },
    payload_schema: {
      chunk_id: { data_type: "keyword" },
      flag: { data_type: "bool" },
      tags: { data_type: "keyword" },
      updated_at: { data_type: "datetime" },
    },
  });

  const back = await runCopy(open(collected, { ...source, table: "remade" }), create);
  expect([back.exitCode, lineOf(back.stdout).copy]).toEqual([0, expect.objectContaining({ refused: [] })]);

  await caller.call({ method: "PUT", path: pathOf("other"), body: { vectors: { size: 5, distance: "Dot" } } });
  const other = await runCopy(open(source, { ...collected, collection: "other" }), create);
  expect(other.exitCode).toBe(3);
  expect(other.stderr).toContain(
    "isn't what would be made: dimension: the destination has 5, expected 3; metric: the destination has dot, expected cosine",
  );
});

test("nothing is made for a source that is refused, and a dry run says why before and what to mind", async () => {
  const { connectionString } = postgres;
  const few = "entity_id text, updated_at timestamptz, embedding vector(3), note text";
  await client.query(`CREATE TABLE of_tenants (tenant text, chunk_id int, ${few}, PRIMARY KEY (tenant, chunk_id));
    INSERT INTO of_tenants VALUES ('a', 1, 'e', now(), '[1,0,0]', 'n'), ('b', 1, 'e', now(), '[1,0,0]', 'n')`);
  const at = (name: string): object => ({ kind: "pgvector", connectionString, table: name, namespaceField: "tenant" });
  const place = open(at("of_tenants"), at("never_made"));
  for (const args of [["--dry-run"], []]) {
    const { exitCode, stderr } = await runCopy(place, [...fast, "--create", ...args]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('chunk_id: expected each value once, the source holds "1" more than once');
  }
  expect((await client.query("SELECT to_regclass('never_made') AS made")).rows[0]).toEqual({ made: null });
  await client.query("DELETE FROM of_tenants WHERE tenant = 'b'");
  const { exitCode, stdout } = await runCopy(place, [...fast, "--create", "--dry-run"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("mind    no field names note of the source");
});

test("C5: copies that are killed anywhere while the source is written leave no difference after the last one", async () => {
  const kills = 2;
  const random = makeRandom(5);
  await client.query(`CREATE TABLE busy (LIKE full_table INCLUDING ALL); INSERT INTO busy SELECT * FROM full_table`);
  const source = { ...(await table("full_table")), table: "busy" };
  for (const destination of [await table("busy_copy"), await collection("busy")]) {
    const place = open(source, destination);
    const { connectionString } = postgres;
    const idOf = (index: number): string => `chunk ${index + 1}`;
    const embedding = "format('[%s,%s,1]', random(), random())::vector";
    const busy = await keepBusy({ connectionString, table: "busy", embedding, idOf, ids: rows, random, everyMs: 10 });
    for (let kill = 0; kill < kills; kill += 1) {
      const run = await startCopy(place, ["--budget", "2000", "--batch", "50", "--lag", "0.2", "--delete-extra"]);
      await Promise.race([pause(300 + random() * 900), run.ended]);
      run.signal("SIGKILL");
      await run.ended;
    }
    expect((await busy.stop()).writes).toBeGreaterThan(0);
    const last = await runCopy(place, [...fast, "--delete-extra"]);
    expect([last.exitCode, lineOf(last.stdout).copy]).toEqual([0, expect.objectContaining({ refused: [] })]);
    const { exitCode } = await runVerify(place, ["--level", "vector", "--budget", "none", "--lag", "0"]);
    expect(exitCode).toBe(0);
  }
});

test("points that the application wrote meanwhile stay, and what only the destination has", async () => {
  const destination = await collection("shared");
  await caller.call({
    method: "PUT",
    path: pathOf("shared", "/points?wait=true"),
    body: {
      points: [
        {
          id: pointIdOf("chunk 2"),
          vector: [1, 0, 0],
          payload: { chunk_id: "chunk 2", updated_at: "2030-01-01T00:00:00Z" },
        },
        {
          id: pointIdOf("chunk 3"),
          vector: [1, 0, 0],
          payload: { chunk_id: "another", updated_at: "2026-01-01T00:00:00Z" },
        },
      ],
    },
  });
  const { exitCode, stdout } = await runCopy(open(await table("full_table"), destination), fast);
  expect(exitCode).toBe(1);
  expect(lineOf(stdout).copy).toMatchObject({
    done: { written: rows - 1, held: 1, replaced: 0 },
    compared: { counts: { stale: 1, extra: 1, missing: 0 } },
    refused: [],
  });
});
