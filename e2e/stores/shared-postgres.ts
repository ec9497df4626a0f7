// The Postgres of a run's tests, for those that need no server of their own: each makes a database in it.
import type { TestProject } from "vitest/node";
import { startWheelPostgres } from "./wheel-postgres.ts";

/** Called by the test runner. Without a real Postgres the tests begin one of their own, in their process. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const settings = { max_connections: "300" };
  const server = await startWheelPostgres({ address: "127.0.0.1", settings, version: "16-0.8" }).catch(() => undefined);
  project.provide("postgresUrl", server?.connectionString ?? "");
  return server?.close;
}
