// A slice of `make store-matrix`: the same filters pass the same rows in Postgres and in Qdrant's engine.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Postgres, startPostgres } from "#stores/postgres.ts";
import { installQdrantEngine } from "#stores/wheel-install.ts";
import { runFilterMatrix } from "./run.ts";

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres("127.0.0.80");
});

afterAll(() => postgres.close());

test("generated filters pass the same chunks in both stores, with and without payload indexes", async (context) => {
  const hasEngine = await installQdrantEngine().then(
    () => true,
    () => false,
  );
  if (!hasEngine && process.env["CI"] === undefined) context.skip("Qdrant's engine can't be installed here");
  const adapter = postgres.kind === "pglite" ? { preparedStatements: false, poolSize: 1 } : {};
  const outcome = await runFilterMatrix({
    connectionString: postgres.connectionString,
    filters: 80,
    seed: 20,
    adapter,
  });
  expect(outcome.differences).toEqual([]);
  expect(outcome.compared).toBe(80);
  expect(outcome.telling).toBeGreaterThan(40);
});
