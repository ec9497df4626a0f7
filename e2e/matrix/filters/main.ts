// `make filter-matrix`: generated filters over generated rows, a real Postgres against Qdrant's own engine, each through a
// sidecar. Exit 1 when an answer differs.
import { parseArgs } from "node:util";
import { postgresNames, startPostgres } from "#stores/postgres.ts";
import { endOnSignals } from "#support/process/start-process.ts";
import { runFilterMatrix } from "./run.ts";

const address = "127.0.0.82";
const { values } = parseArgs({
  options: { filters: { type: "string", default: "5000" }, seed: { type: "string", default: "1" } },
});

endOnSignals();
const postgres = await startPostgres(address);
process.stdout.write(`${postgresNames[postgres.kind]} and Qdrant's engine, seed ${values.seed}\n`);
const count = { passed: 0, failed: 0 };
try {
  if (postgres.kind === "pglite") throw new Error("there is no real Postgres here: install Docker or pip");
  const { connectionString } = postgres;
  const outcome = await runFilterMatrix({
    connectionString,
    filters: Number(values.filters),
    seed: Number(values.seed),
  });
  count.failed = outcome.differences.length;
  count.passed = outcome.compared - count.failed;
  for (const difference of outcome.differences.slice(0, 20))
    process.stdout.write(`FAIL ${difference.slice(0, 2000)}\n`);
  process.stdout.write(`${outcome.telling} of ${outcome.compared} filters pass some rows and not others\n`);
} catch (error) {
  count.failed += 1;
  process.stdout.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
} finally {
  await postgres.close();
}
process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
process.exitCode = count.failed === 0 ? 0 : 1;
