// `check-config --connect` on real servers: what would fail or be slow is said beforehand, with what to do about it.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeCertificate } from "@retriever/stores/test/certificate.ts";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { hasPgbouncer, startPgbouncer } from "#stores/pgbouncer.ts";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { runToEnd } from "#support/process/run-to-end.ts";

const main = fileURLToPath(import.meta.resolve("@retriever/sidecar/main.ts"));
const address = "127.0.0.79";
const checkedSchema = z.object({
  schema: z.literal(1),
  stores: z.array(
    z.object({
      place: z.string(),
      label: z.string().nullable(),
      findings: z.array(
        z.object({
          level: z.enum(["ok", "slow", "fails"]),
          field: z.string(),
          found: z.string(),
          remedy: z.string().nullable(),
        }),
      ),
    }),
  ),
});

const isPooled = await hasPgbouncer();
const whyNot = isPooled ? "" : ", skipped: apt-get install pgbouncer";
let postgres: Awaited<ReturnType<typeof startWheelPostgres>>;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "retriever-check-"));
  postgres = await startWheelPostgres({ address, version: "16-0.8" });
  const client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  const rows = "SELECT g::text, 'e', now(), ARRAY[g, 1, 2]::vector FROM generate_series(1, 50) g";
  const columns =
    "(chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, namespace text, embedding vector(3))";
  await client.query("CREATE EXTENSION vector");
  for (const name of ["good", "bare", "other", "hidden", "watched"]) {
    await client.query(
      `CREATE TABLE ${name} ${columns}; INSERT INTO ${name} (chunk_id, entity_id, updated_at, embedding) ${rows}`,
    );
  }
  await client.query(`
    CREATE INDEX good_index ON good USING hnsw (embedding vector_cosine_ops);
    CREATE INDEX other_index ON other USING hnsw (embedding vector_l2_ops);
    CREATE TABLE lacking (chunk_id text, embedding vector);
    CREATE ROLE reader LOGIN PASSWORD 'x'; GRANT SELECT ON good, hidden TO reader;
    CREATE ROLE few LOGIN PASSWORD 'x'; GRANT SELECT (chunk_id, entity_id, updated_at, embedding) ON good TO few;
    GRANT SELECT (chunk_id, embedding) ON other TO few;
    CREATE ROLE full_up LOGIN PASSWORD 'x' CONNECTION LIMIT 0;
    CREATE ROLE tls_only LOGIN PASSWORD 'x';
    ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON hidden USING (chunk_id = '1');
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at = now(); RETURN NEW; END';
    CREATE TRIGGER touched BEFORE UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION touch();
    COPY (SELECT 'hostnossl all tls_only all reject') TO PROGRAM 'cat - pg_hba.conf > hba.new && mv hba.new pg_hba.conf'`);
  await client.query("SELECT pg_reload_conf()");
  await client.end();
});

afterAll(async () => {
  await postgres.close();
  rmSync(folder, { recursive: true });
});

/** The connection string with another role, database, path or port. */
function as(
  change: Partial<Pick<URL, "username" | "password" | "pathname" | "search" | "port">>,
  from = postgres.connectionString,
) {
  return Object.assign(new URL(from), change).href;
}

async function check(primary: object, base: object = {}) {
  const file = join(folder, `${crypto.randomUUID()}.json`);
  writeFileSync(
    file,
    JSON.stringify({ primary: { kind: "pgvector", connectionString: postgres.connectionString, ...primary }, ...base }),
  );
  const { exitCode, stdout } = await runToEnd(process.execPath, [
    main,
    "check-config",
    "--connect",
    "--output",
    "json",
    file,
  ]);
  const { stores } = checkedSchema.parse(JSON.parse(stdout));
  return { exitCode, findings: stores.flatMap(({ findings }) => findings) };
}

test("a table with a fitting index is told with its server, extension, size and index, and exits with 0", async () => {
  const { exitCode, findings } = await check({ table: "good" });
  expect(findings.filter(({ level }) => level !== "ok")).toEqual([]);
  expect(exitCode).toBe(0);
  const told = findings.map(({ found }) => found).join("\n");
  expect(told).toMatch(/PostgreSQL 16\..*reached as postgres in plain text/);
  expect(told).toMatch(/pgvector 0\.8\.\d in schema public[^]*vector\(3\)[^]*the index good_index serves the query/);
});

test.each([
  {
    title: "no index",
    primary: { table: "bare" },
    field: "embeddingColumn",
    says: /^no index serves cosine of embedding/,
  },
  {
    title: "an index for another distance",
    primary: { table: "other" },
    field: "embeddingColumn",
    says: /there are other_index \(vector_l2_ops\)/,
  },
])("$title is slow, and exits with 1", async ({ primary, field, says }) => {
  const { exitCode, findings } = await check(primary);
  expect(findings.filter(({ level }) => level !== "ok")).toEqual([
    {
      level: "slow",
      field,
      found: expect.stringMatching(says) as string,
      remedy: expect.stringMatching(/vector_cosine_ops/) as string,
    },
  ]);
  expect(exitCode).toBe(1);
});

test("a trigger that changes rows is told, and is no fault of serving", async () => {
  const { findings } = await check({ table: "watched" });
  expect(findings).toContainEqual(
    expect.objectContaining({ level: "ok", found: expect.stringContaining("the trigger touched") as string }),
  );
});

test("declared fields are told by their column, its type and its index", async () => {
  const { exitCode, findings } = await check(
    { table: "good" },
    { filterable: { namespace: "keyword", absent: "keyword", updated_at: "integer" } },
  );
  expect(findings.filter(({ field }) => field === "filterable").map(({ level, found }) => `${level} ${found}`)).toEqual(
    [
      expect.stringMatching(/^fails absent: /),
      expect.stringMatching(/^fails updated_at: /),
      "slow no index serves filters by namespace",
      "slow no index serves filters by updated_at",
    ],
  );
  expect(exitCode).toBe(2);
});

test("a declared field that the role may not read is told", async () => {
  const connectionString = as({ username: "few", password: "x" });
  const { findings } = await check({ table: "good", connectionString }, { filterable: { namespace: "keyword" } });
  expect(findings).toContainEqual(
    expect.objectContaining({
      level: "fails",
      field: "filterable",
      found: "namespace: the role has no right to read the column namespace",
    }),
  );
});

const failing = [
  {
    title: "columns that are missing",
    primary: () => ({ table: "lacking" }),
    field: "table",
    says: /lacks entity_id, updated_at/,
  },
  {
    title: "a table that isn't there",
    primary: () => ({ table: "absent" }),
    field: "table",
    says: /no such table/,
  },
  {
    title: "a column that isn't a vector",
    primary: () => ({ table: "good", embeddingColumn: "entity_id" }),
    field: "table",
    says: /expected a column of type vector, halfvec or bit, it is text/,
  },
  {
    title: "a table that may not be read",
    primary: () => ({ table: "bare", connectionString: as({ username: "reader", password: "x" }) }),
    field: "user",
    says: /no right to read the table.*42501/,
  },
  {
    title: "a column that every request reads and the role may not",
    primary: () => ({ table: "other", connectionString: as({ username: "few", password: "x" }) }),
    field: "user",
    says: /^the role few has no right to read entity_id, updated_at: GRANT SELECT/,
  },
  {
    title: "a column that some requests read and the role may not",
    primary: () => ({ table: "good", connectionString: as({ username: "few", password: "x" }) }),
    field: "user",
    says: /^the role few has no right to read namespace: requests that ask for them, and verifications, fail$/,
  },
  {
    title: "row-level security",
    primary: () => ({ table: "hidden", connectionString: as({ username: "reader", password: "x" }) }),
    field: "user",
    says: /row-level security may hide rows from the role reader/,
  },
  {
    title: "a wrong password",
    primary: () => ({ connectionString: as({ password: "no" }) }),
    field: "user",
    says: /28P01/,
  },
  {
    title: "no password",
    primary: () => ({ connectionString: as({ password: "" }) }),
    field: "user",
    says: /wants a password/,
  },
  {
    title: "another database",
    primary: () => ({ connectionString: as({ pathname: "/absent" }) }),
    field: "table",
    says: /3D000/,
  },
  {
    title: "TLS that the server hasn't",
    primary: () => ({ connectionString: as({ search: "?sslmode=require" }) }),
    field: "tls",
    says: /has no TLS/,
  },
  {
    title: "plain text where TLS is wanted",
    primary: () => ({ connectionString: as({ username: "tls_only", password: "x" }) }),
    field: "tls",
    says: /set tls.*28000/,
  },
  {
    title: "a role without a connection left",
    primary: () => ({ connectionString: as({ username: "full_up", password: "x" }) }),
    field: "host",
    says: /no connection left.*53300/,
  },
  {
    title: "an unknown setting",
    primary: () => ({ connectionString: as({ search: "?options=-c%20nonsense%3D1" }) }),
    field: "table",
    says: /42704/,
  },
  {
    title: "a port where nothing listens",
    primary: () => ({ connectionString: as({ port: "9" }) }),
    field: "host",
    says: /can't be reached \(ECONNREFUSED\)/,
  },
  {
    title: "two hosts",
    primary: () => ({ connectionString: "postgres://u:p@a,b/d" }),
    field: "connectionString",
    says: /expected one host/,
  },
];

test.each(failing)("$title fails by its field, and exits with 2", async ({ primary, field, says }) => {
  const { exitCode, findings } = await check(primary());
  expect(findings).toContainEqual({
    level: "fails",
    field,
    found: expect.stringMatching(says) as string,
    remedy: expect.any(String) as string,
  });
  expect(exitCode).toBe(2);
});

describe.skipIf(!isPooled)(`behind pgbouncer of Debian${whyNot}`, () => {
  let front: Awaited<ReturnType<typeof startPgbouncer>>;

  beforeAll(async () => {
    front = await startPgbouncer(postgres.connectionString);
  });

  afterAll(() => front.close());

  test("prepared statements are named with their remedy, and without them nothing is", async () => {
    const { connectionString } = front;
    const { exitCode, findings } = await check({ table: "good", connectionString });
    expect(findings.filter(({ level }) => level !== "ok")).toEqual([
      {
        level: "slow",
        field: "preparedStatements",
        found: expect.stringContaining("a pooler stands before Postgres") as string,
        remedy: expect.stringContaining("set preparedStatements: false") as string,
      },
    ]);
    expect(exitCode).toBe(1);
    expect(await check({ table: "good", connectionString, preparedStatements: false })).toMatchObject({ exitCode: 0 });
  });

  test("the way to the pooler is told, whatever its own way to Postgres is", async () => {
    const own = makeCertificate(address);
    const keys = mkdtempSync(join(tmpdir(), "retriever-pooler-keys-"));
    onTestFinished(() => rmSync(keys, { recursive: true }));
    chmodSync(keys, 0o755);
    const [cert, key] = ["cert", "key"].map((name) => join(keys, `${name}.pem`)) as [string, string];
    writeFileSync(cert, own.cert);
    writeFileSync(key, own.key);
    const secure = await startPgbouncer(postgres.connectionString, {
      client_tls_sslmode: "allow",
      client_tls_cert_file: cert,
      client_tls_key_file: key,
    });
    onTestFinished(() => secure.close());
    const connectionString = as({ search: `?sslmode=verify-full&sslrootcert=${cert}` }, secure.connectionString);
    const { findings } = await check({ table: "good", connectionString, preparedStatements: false });
    expect(findings).toContainEqual(
      expect.objectContaining({ level: "ok", found: expect.stringContaining("over TLS, verified") as string }),
    );
  });

  test("options that the pooler refuses are named as such", async () => {
    const connectionString = as({ search: "?options=-c%20work_mem%3D8MB" }, front.connectionString);
    const { exitCode, findings } = await check({ table: "good", connectionString });
    expect(findings.filter(({ level }) => level !== "ok")).toMatchObject([
      { level: "fails", found: expect.stringContaining("take options out") as string },
    ]);
    expect(exitCode).toBe(2);
  });

  test.each([
    {
      title: "a wrong password",
      change: { password: "no" },
      field: "user",
      says: "the pooler refused user or password",
    },
    {
      title: "another database",
      change: { pathname: "/absent" },
      field: "table",
      says: "the pooler has no such database",
    },
  ])("$title is the pooler's report, not one of prepared statements", async ({ change, field, says }) => {
    const connectionString = as(change, front.connectionString);
    const { findings } = await check({ table: "good", connectionString, preparedStatements: false });
    expect(findings.filter(({ level }) => level !== "ok")).toMatchObject([
      { level: "fails", field, found: expect.stringContaining(says) as string },
    ]);
  });
});
