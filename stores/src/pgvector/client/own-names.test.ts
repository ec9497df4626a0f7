// A search_path that puts another schema before pg_catalog: what a statement calls is Postgres's own all the same.
import { afterAll, beforeAll, expect, test } from "vitest";
import { limit, makeChunk } from "#test/chunk-writer-contract.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec, testDeps } from "#test/spec.ts";
import { makePgvectorChunkWriter } from "../chunks/chunk-writer.ts";
import { makePgvectorBackend } from "../retrieve/backend.ts";

const access = { identity: { kind: "pgvector", label: "pgvector://test", digest: "0".repeat(32) }, fields: ["lang"] };
let postgres: TestPostgres;
const spec = () =>
  makeSpec("pgvector", { connectionString: postgres.connectionString, preparedStatements: postgres.hasSessions });

beforeAll(async () => {
  postgres = await startPostgres(makePoints(4));
  // A digest that is always the same, and settings that aren't set.
  await postgres.exec(`CREATE SCHEMA theirs;
    CREATE FUNCTION theirs.md5(text) RETURNS text LANGUAGE sql AS $$ SELECT 'same' $$;
    CREATE FUNCTION theirs.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'lost' $$;
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path TO theirs, "$user", PG_CATALOG, public', current_database()); END $$;
    SET search_path TO theirs, "$user", PG_CATALOG, public`);
});

afterAll(() => postgres.close());

test("a row that was written since isn't overwritten", async () => {
  const writer = makePgvectorChunkWriter(spec(), access);
  const [seen] = await writer.fetch(["chunk-1"], limit());
  await postgres.exec("UPDATE public.vector_chunks SET lang = 'newer' WHERE chunk_id = 'chunk-1'");
  const left = await writer.write([{ chunk: makeChunk("chunk-1"), over: seen?.version ?? "" }], limit());
  expect(left).toEqual([{ id: "chunk-1", why: "changed" }]);
  await writer.close();
});

test("the table's own types are found", async () => {
  const backend = makePgvectorBackend(spec(), testDeps);
  await expect(backend.probe(limit())).resolves.toMatchObject({ dimension: 8 });
  await backend.close();
});
