// What a repair once lost, overwrote or gave up at, on a real server: it does no harm and says what it left.
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { pathOf } from "#stores/qdrant-rest.ts";
import { rawJson } from "#support/raw-json.ts";
import { noon, startTwoStores, type TwoStores } from "#support/verify/two-stores.ts";
import { placeOf, reportFile, runVerify } from "#support/verify/verify-process.ts";

const address = "127.0.0.78";
const old = "2020-01-01T00:00:00.000Z";
const forward = ["--direction", "source-to-destination", "--delete-extra", "--yes"] as const;
const backward = ["--direction", "destination-to-source", "--delete-extra", "--yes"] as const;

let { postgres, qdrant, caller, client, makeCollection, makeTable, makePoints, close } = {} as TwoStores;

beforeAll(async () => {
  ({ postgres, qdrant, caller, client, makeCollection, makeTable, makePoints, close } = await startTwoStores(
    address,
    "18-0.8",
  ));
});

beforeEach(async () => {
  await client.query("DROP TABLE IF EXISTS chunks CASCADE");
  await makeCollection();
});

afterAll(() => close());

type Point = { readonly id: unknown; readonly payload: Readonly<Record<string, unknown>> };

/** The collection's points as it prints them. */
async function readPoints(): Promise<readonly Point[]> {
  const answer = await caller.call({ method: "POST", path: pathOf("chunks", "/points/scroll"), body: { limit: 1000 } });
  return (answer as { readonly points: readonly Point[] }).points;
}

type Options = { readonly base?: object; readonly destination?: object; readonly credentials?: string };

function openPlace({ base = {}, destination = {}, credentials = postgres.connectionString }: Options = {}) {
  const collection = { kind: "qdrant", url: qdrant.url, collection: "chunks", ...destination };
  const place = placeOf({ kind: "pgvector", connectionString: credentials, table: "chunks", ...base }, collection);
  onTestFinished(place.remove);
  return place;
}
type Place = ReturnType<typeof openPlace>;

async function verify(place: Place, level = "payload"): Promise<VerifyReport> {
  await runVerify(place, ["--lag", "0", "--budget", "none", "--level", level]);
  return place.report();
}

type Line = {
  readonly planned: { readonly refused?: readonly Refusal[] };
  readonly done: {
    readonly written: number;
    readonly removed: number;
    readonly left: Readonly<Record<string, number>>;
    readonly refused: readonly Refusal[];
    readonly remaining: Readonly<Record<string, number>>;
  } | null;
};
type Refusal = { readonly id: string; readonly reason: string };

async function repairFrom(place: Place, args: readonly string[], file = reportFile(place)) {
  const { exitCode, stdout, stderr } = await runVerify(place, ["--repair", file, "--budget", "none", ...args]);
  const line = stdout.split("\n").findLast((each) => each.startsWith('{"repair"'));
  const { planned, done } =
    line === undefined ? { planned: {}, done: null } : (JSON.parse(line) as { repair: Line }).repair;
  return { exitCode, output: `${stdout}\n${stderr}`, planned, done };
}

test("F1: a repair of ids of type char(36) and of bigints removes no good point and writes none twice", async () => {
  const id = (n: number): string => `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1${n}`;
  await makeTable("chunk_id char(36) PRIMARY KEY", ...[1, 2, 3, 4, 5, 6].map((n) => `(chunk_id) VALUES ('${id(n)}')`));
  await makePoints([1, 2, 3, 4].map((n) => ({ chunk_id: id(n), ...(n < 3 ? { updated_at: old } : {}) })));
  const place = openPlace();
  await verify(place);
  expect(await repairFrom(place, forward)).toMatchObject({ exitCode: 0, done: { written: 4, removed: 0 } });
  expect(new Set((await readPoints()).map(({ payload }) => payload["chunk_id"]))).toEqual(
    new Set([1, 2, 3, 4, 5, 6].map(id)),
  );
  expect(await readPoints()).toHaveLength(6);
  await client.query("DROP TABLE chunks");
  await makeTable("chunk_id bigint PRIMARY KEY", "(chunk_id) VALUES (1639887574359322625), (1639887574359322626)");
  await caller.call({ method: "DELETE", path: pathOf("chunks") });
  await caller.call({ method: "PUT", path: pathOf("chunks"), body: { vectors: { size: 2, distance: "Cosine" } } });
  const big = rawJson("1639887574359322625");
  await makePoints([{ chunk_id: big, updated_at: old, text: "kept" }], () => big);
  const numbers = openPlace();
  await verify(numbers);
  expect(await repairFrom(numbers, forward)).toMatchObject({ exitCode: 0, done: { written: 2, removed: 0 } });
  expect((await readPoints()).length).toBe(2);
  expect((await verify(numbers)).outcome).toBe("equal");
});

test("F3: a role that doesn't see all rows repairs nothing", async () => {
  await makeTable(
    "chunk_id text PRIMARY KEY, tenant text",
    "(chunk_id, tenant) SELECT 'c' || n, n % 2 FROM generate_series(1, 10) n",
  );
  await makePoints([
    ...Array.from({ length: 10 }, (_, index) => ({ chunk_id: `c${index + 1}` })),
    { chunk_id: "extra" },
  ]);
  const place = openPlace();
  expect((await verify(place)).counts.extra).toBe(1);
  await client.query(`DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'reader';
    GRANT SELECT ON chunks TO reader; ALTER TABLE chunks ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON chunks TO reader USING (tenant = '1')`);
  const url = new URL(postgres.connectionString);
  [url.username, url.password] = ["reader", "reader"];
  const hidden = await repairFrom(openPlace({ credentials: url.href }), forward, reportFile(place));
  expect(hidden.exitCode).toBe(3);
  expect(hidden.output).toContain("RETR_REPAIR_REFUSED: row-level security hides rows");
  expect(await readPoints()).toHaveLength(11);
  expect(await repairFrom(place, forward)).toMatchObject({ exitCode: 0, done: { removed: 1 } });
  await client.query("DROP OWNED BY reader");
});

test("F4: a nested key stays nested one way, and a tenant stays what it is the other way", async () => {
  await makeTable(
    "chunk_id text PRIMARY KEY, tenant text",
    "(chunk_id, tenant) VALUES ('a', 'acme'), ('b', 'acme'), ('c', 'kept')",
  );
  await makePoints([
    { chunk_id: "a", updated_at: old, metadata: { tenant: "old", source: "kept" } },
    { chunk_id: "c", metadata: "text" },
  ]);
  const place = openPlace({ base: { namespaceField: "tenant" }, destination: { namespaceField: "metadata.tenant" } });
  await verify(place, "fresh");
  expect(await repairFrom(place, forward)).toMatchObject({ exitCode: 0, done: { written: 2 } });
  const metadata = new Map((await readPoints()).map(({ payload }) => [payload["chunk_id"], payload["metadata"]]));
  expect(metadata).toEqual(
    new Map<unknown, unknown>([
      ["a", { tenant: "acme", source: "kept" }],
      ["b", { tenant: "acme" }],
      ["c", "text"],
    ]),
  );
  await client.query(
    `UPDATE chunks SET updated_at = '${old}' WHERE chunk_id IN ('a', 'c'); DELETE FROM chunks WHERE chunk_id = 'b'`,
  );
  await verify(place, "fresh");
  expect(await repairFrom(place, backward)).toMatchObject({ exitCode: 0, done: { written: 3 } });
  const { rows } = await client.query("SELECT chunk_id, tenant FROM chunks ORDER BY chunk_id");
  expect(rows).toEqual([
    { chunk_id: "a", tenant: "acme" },
    { chunk_id: "b", tenant: "acme" },
    { chunk_id: "c", tenant: "kept" },
  ]);
});

test("F9: types stay: a number no text, a fraction no whole number, a decimal its scale", async () => {
  await makeTable(
    "chunk_id text PRIMARY KEY, year int, price numeric(10,2), exact numeric, tenant_id bigint",
    "VALUES ('a', 2024, 12.00, 12.50, 7), ('b', 2024, 12.00, 1.0, 7)",
    `VALUES ('c', 2024, 12.00, 0.1234567890123456789, 7)`,
  );
  await makePoints([{ chunk_id: "a", updated_at: old, year: 2024, price: 12, exact: 12.5, tenant_id: 7 }]);
  const own = { namespaceField: "tenant_id" };
  const place = openPlace({ base: { ...own, metadataColumns: ["year", "price", "exact"] }, destination: own });
  await verify(place, "fresh");
  const { exitCode, done } = await repairFrom(place, forward);
  expect({ exitCode, refused: done?.refused }).toEqual({
    exitCode: 1,
    refused: [{ id: "c", reason: expect.stringMatching(/^key exact: Qdrant would keep another number/) as string }],
  });
  const payloads = (await readPoints()).map(({ payload }) => payload);
  expect(payloads.find((payload) => payload["chunk_id"] === "a")).toMatchObject({
    year: 2024,
    price: 12,
    exact: 12.5,
    tenant_id: 7,
  });
  expect(JSON.stringify(payloads.find((payload) => payload["chunk_id"] === "b"))).toContain('"exact":1,');
  await makePoints(
    [
      { chunk_id: "a", year: rawJson("2024.0"), price: 1, updated_at: "2026-02-01T00:00:00Z" },
      { chunk_id: "d", price: 12, exact: 5 },
    ],
    (index) => (index === 0 ? 1 : "00000000-0000-4000-8000-00000000000d"),
  );
  await verify(place, "fresh");
  const back = await repairFrom(place, ["--direction", "destination-to-source", "--yes"]);
  expect(back.done?.refused).toEqual([
    { id: "a", reason: expect.stringMatching(/^column year: a value doesn't fit/) as string },
  ]);
  const { rows } = await client.query(
    "SELECT chunk_id, year, price::text, exact::text FROM chunks WHERE chunk_id IN ('a', 'd') ORDER BY 1",
  );
  expect(rows).toEqual([
    { chunk_id: "a", year: 2024, price: "12.00", exact: "12.50" },
    { chunk_id: "d", year: null, price: "12.00", exact: "5" },
  ]);
});

test("F10: a chunk that a table can't take is foreseen in the plan, named and skipped; 599 others are written", async () => {
  await makeTable("chunk_id text PRIMARY KEY, body text, owner text NOT NULL DEFAULT 'nobody', license text");
  await makePoints(
    Array.from({ length: 600 }, (_, index) => ({ chunk_id: `c${index}`, body: index === 250 ? "a\0b" : "text" })),
  );
  const place = openPlace({ base: { metadataColumns: ["body", "owner"] } });
  await verify(place);
  const refused = [
    {
      id: "c250",
      reason:
        "column body: the value holds the character NUL, which no text of Postgres can; remove it where it comes from",
    },
  ];
  const dry = await repairFrom(place, ["--direction", "destination-to-source", "--dry-run"]);
  expect({ exitCode: dry.exitCode, refused: dry.planned.refused }).toEqual({ exitCode: 1, refused });
  const stopped = await repairFrom(place, [...backward, "--on-refusal", "stop"]);
  expect(stopped).toMatchObject({ exitCode: 1, done: { written: 0, refused } });
  const skipped = await repairFrom(place, backward);
  expect(skipped).toMatchObject({ exitCode: 1, done: { written: 599, refused, remaining: { extra: 1 } } });
  expect(skipped.output).toContain(`c250: ${refused[0]?.reason ?? ""}`);
  expect((await client.query("SELECT count(*)::int AS n, min(owner) AS owner FROM chunks")).rows).toEqual([
    { n: 599, owner: "nobody" },
  ]);
  await client.query(
    "ALTER TABLE chunks ALTER COLUMN license SET DEFAULT 'x', ALTER COLUMN owner DROP DEFAULT; DELETE FROM chunks WHERE chunk_id = 'c1'",
  );
  const ownerless = await repairFrom(place, backward);
  expect(ownerless.done?.refused.map(({ id }) => id).toSorted()).toEqual(["c1", "c250"]);
  expect(ownerless.output).toContain(
    "column owner: NOT NULL without a default, and the chunk has no value; give the column a default",
  );
});

test("F10: a chunk that a trigger fails for is named and skipped, whatever code it fails with", async () => {
  const codes = ["0A000", "42501", "42P01", "P0001", "U0001", "XX000"];
  await makeTable("chunk_id text PRIMARY KEY");
  await client.query(`CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF length(NEW.chunk_id) = 5 THEN RAISE EXCEPTION 'no' USING ERRCODE = NEW.chunk_id; END IF; RETURN NEW; END $$;
    CREATE TRIGGER refuse AFTER INSERT ON chunks FOR EACH ROW EXECUTE FUNCTION refuse()`);
  await makePoints([...codes, "a", "b"].map((chunk_id) => ({ chunk_id })));
  const place = openPlace();
  await verify(place);
  const { exitCode, done } = await repairFrom(place, backward);
  expect({ exitCode, written: done?.written }).toEqual({ exitCode: 1, written: 2 });
  expect(done?.refused.map(({ id, reason }) => [id, reason.slice(-7)])).toEqual(
    codes.map((code) => [code, `(${code})`]),
  );
});

test("F10: columns that Postgres makes itself and a server that takes no writes are said before anything is written", async () => {
  await makeTable(
    "chunk_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, words int GENERATED ALWAYS AS (length(entity_id)) STORED",
    "(entity_id) VALUES ('e')",
  );
  await makePoints([
    { chunk_id: 1, updated_at: "2026-02-01T00:00:00Z", words: 1 },
    { chunk_id: 2, words: 1 },
  ]);
  const place = openPlace({ base: { metadataColumns: ["words"] } });
  await verify(place);
  const { exitCode, output, done } = await repairFrom(place, backward);
  expect(output).toContain("mind    the server makes chunk_id, words itself: a repair can't write it");
  expect({ exitCode, written: done?.written, refused: done?.refused.map(({ reason }) => reason) }).toEqual({
    exitCode: 1,
    written: 1,
    refused: ["chunk_id is GENERATED ALWAYS, so that Postgres takes no id for a new row (428C9); make it BY DEFAULT"],
  });
  await client.query("ALTER DATABASE postgres SET default_transaction_read_only = on");
  try {
    const readOnly = await repairFrom(place, backward);
    expect(readOnly.exitCode).toBe(2);
    expect(readOnly.output).toContain(
      "RETR_REPAIR_WRITE_REFUSED: Postgres takes no writes here: its transactions are read-only",
    );
    expect(readOnly.output).not.toContain("can't be reached");
  } finally {
    await client.query("ALTER DATABASE postgres RESET default_transaction_read_only");
  }
});

test("that a sequence gives ids, which nothing moves beyond those that are written, is said in the plan", async () => {
  await makeTable("chunk_id bigserial PRIMARY KEY");
  await makePoints([{ chunk_id: 1 }]);
  const place = openPlace();
  await verify(place);
  const said = "a sequence gives chunk_id to rows that the application adds";
  expect((await repairFrom(place, ["--direction", "destination-to-source"])).output).toContain(`mind    ${said}`);
  expect((await repairFrom(place, ["--direction", "source-to-destination"])).output).not.toContain(said);
});

test("F14: a point id that another chunk has is refused with both ids; neither is overwritten, removed or doubled", async () => {
  const [lower, upper] = ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"];
  await makeTable("chunk_id uuid PRIMARY KEY", `(chunk_id) VALUES ('${lower}')`);
  await makePoints([{ chunk_id: upper, text: "kept" }], () => lower);
  const place = openPlace();
  await verify(place);
  const { exitCode, done } = await repairFrom(place, forward);
  expect(exitCode).toBe(1);
  expect(done).toMatchObject({ written: 0, removed: 0 });
  expect(done?.refused.map(({ reason }) => reason)).toEqual([
    expect.stringContaining(upper),
    expect.stringContaining(lower),
  ]);
  expect(await readPoints()).toMatchObject([{ id: lower, payload: { chunk_id: upper, text: "kept" } }]);
});

test("a trigger that rewrites what is written: it is remaining, exit 1, and was said in the plan", async () => {
  await makeTable("chunk_id text PRIMARY KEY", `(chunk_id, updated_at) VALUES ('a', '${old}'), ('b', '${noon}')`);
  await makePoints([{ chunk_id: "a" }, { chunk_id: "b" }]);
  await client.query(`CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;
    CREATE TRIGGER touched BEFORE UPDATE ON chunks FOR EACH ROW EXECUTE FUNCTION touch()`);
  const place = openPlace();
  await verify(place, "fresh");
  const { exitCode, output, done } = await repairFrom(place, [...backward, "--lag", "60"]);
  expect(output).toContain("the trigger touched may change what is written");
  expect({ exitCode, written: done?.written, remaining: done?.remaining }).toEqual({
    exitCode: 1,
    written: 1,
    remaining: { stale: 1 },
  });
});

test("what changed since the report without a new moment is neither overwritten nor removed, in either store", async () => {
  await makeTable("chunk_id text PRIMARY KEY, note text", `(chunk_id, note) VALUES ('stale', 'old'), ('extra', 'old')`);
  await makePoints([
    { chunk_id: "stale", updated_at: "2026-02-01T00:00:00Z" },
    { chunk_id: "other", updated_at: old, note: "old" },
  ]);
  const place = openPlace();
  await verify(place, "fresh");
  await client.query("UPDATE chunks SET note = 'by somebody'");
  await makePoints([
    { chunk_id: "stale", updated_at: "2026-02-01T00:00:00Z" },
    { chunk_id: "other", updated_at: old, note: "by somebody" },
  ]);
  expect(await repairFrom(place, forward)).toMatchObject({
    exitCode: 1,
    done: { written: 1, removed: 0, left: { newer: 1, changed: 1 } },
  });
  expect(await repairFrom(place, backward)).toMatchObject({
    exitCode: 1,
    done: { written: 1, removed: 0, left: { changed: 1, wanted: 1 } },
  });
  const { rows } = await client.query("SELECT chunk_id, note FROM chunks WHERE note IS NOT NULL ORDER BY 1");
  expect(rows.map(({ note }: { readonly note: string }) => note)).toEqual(["by somebody", "by somebody"]);
  expect((await readPoints()).find(({ payload }) => payload["chunk_id"] === "other")?.payload["note"]).toBe(
    "by somebody",
  );
});
