// `make verify-matrix`: forms of ids x types of values x kinds of damage x both directions on a real Postgres, and Qdrant
// where QDRANT_URL names one. Every chunk's verdict is checked, unharmed ones' as well, and what one repair leaves of each.
// Exit 1 when anything is wrong.
import Table from "cli-table3";
import { Client } from "pg";
import { postgresNames, startPostgres } from "#stores/postgres.ts";
import { startQdrant } from "#stores/qdrant.ts";
import { openQdrant } from "#stores/qdrant-rest.ts";
import { endOnSignals } from "#support/process/start-process.ts";
import { type Place, placeOf, runVerify } from "#support/verify/verify-process.ts";
import { type Chunk, chunksOf, type Damage, damages, type StoreName, verdicts } from "./chunks.ts";
import { type IdForm, idForms } from "./id-forms.ts";
import { judgeRepair } from "./repair.ts";
import { doublePoint, fillCollection, fillTable } from "./stores.ts";
import { valueTypes } from "./value-types.ts";

const address = "127.0.0.77";
const args = ["--level", "vector", "--lag", "0", "--budget", "none"] as const;

endOnSignals();
const [postgres, qdrant] = await Promise.all([startPostgres(address), startQdrant({ address })]);
const caller = openQdrant(qdrant);
const client = new Client({ connectionString: postgres.connectionString });
client.on("error", () => undefined);

const count = { passed: 0, failed: 0 };
const faults: string[] = [];

/** Counts a verdict; whether it is right. */
function judge(what: string, found: unknown, expected: unknown): boolean {
  const isRight = found === expected;
  count[isRight ? "passed" : "failed"] += 1;
  if (!isRight) faults.push(`${what}: ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  return isRight;
}

function placeFor(destination: StoreName): Place {
  const metadataColumns = valueTypes.map(({ name }) => name);
  const table = { kind: "pgvector", connectionString: postgres.connectionString, table: "matrix", metadataColumns };
  const key = qdrant.apiKey === undefined ? {} : { apiKey: qdrant.apiKey };
  const collection = { kind: "qdrant", url: qdrant.url, collection: "matrix", ...key };
  return destination === "table" ? placeOf(collection, table) : placeOf(table, collection);
}

/** Right and wrong verdicts of one pair of stores, by damage. */
async function runPair(form: IdForm, destination: StoreName): Promise<ReadonlyMap<Damage, number>> {
  const chunks = chunksOf(form);
  const filling = { form, chunks, destination };
  await fillTable(client, filling);
  await fillCollection(caller, filling);
  const place = placeFor(destination);
  try {
    await runVerify(place, args);
    const { differences, outcome, reason } = place.report();
    const kinds = new Map(differences.map(({ id, kind }) => [id, kind]));
    const wrong = new Map<Damage, number>(damages.map((damage) => [damage, 0]));
    judge(`${form.name} to ${destination}: outcome ${reason ?? ""}`, outcome, "drift");
    judge(`${form.name} to ${destination}: named beyond the chunks`, namedBeyond(chunks, kinds.keys()), 0);
    for (const { id, type, damage } of chunks) {
      const what = `${form.name} to ${destination}, ${type.name}, ${damage}`;
      if (!judge(what, kinds.get(id) ?? null, verdicts[damage])) wrong.set(damage, (wrong.get(damage) ?? 0) + 1);
    }
    const name = `${form.name} to ${destination}`;
    await judgeRepair({ client, qdrant }, place, { name, chunks, destination }, judge);
    if (destination === "collection" && form.payloadOf !== undefined) await runDoubled(form, chunks, place);
    return wrong;
  } finally {
    place.remove();
  }
}

function namedBeyond(chunks: readonly Chunk[], named: Iterable<string>): number {
  const known = new Set(chunks.map(({ id }) => id));
  return [...named].filter((id) => !known.has(id)).length;
}

/** A chunk that the collection holds twice leaves nothing to be said, and is listed. */
async function runDoubled(form: IdForm, chunks: readonly Chunk[], place: Place): Promise<void> {
  const [{ id } = { id: "" }] = chunks;
  await doublePoint(caller, form, id);
  const { exitCode } = await runVerify(place, args);
  judge(`${form.name}, doubled: exit code`, exitCode, 2);
  judge(`${form.name}, doubled: listed`, place.report().destination.doubled?.ids.join(), id);
}

try {
  if (postgres.kind === "pglite")
    throw new Error("there is no real Postgres here: set PGVECTOR_URL, or install Docker or pip");
  await client.connect();
  await client.query("CREATE EXTENSION IF NOT EXISTS vector");
  process.stdout.write(
    `${postgresNames[postgres.kind]}; ${qdrant.standIn ? "Qdrant's stand-in" : "Qdrant"}; wrong verdicts\n`,
  );
  const table = new Table({ head: ["chunk_id", "destination", ...damages], style: { head: [], border: [] } });
  for (const form of idForms.filter(({ name }) => name.startsWith(process.argv[2] ?? ""))) {
    for (const destination of ["collection", "table"] as const) {
      const wrong = await runPair(form, destination);
      table.push([form.name, destination, ...damages.map((damage) => wrong.get(damage) ?? 0)]);
    }
  }
  process.stdout.write(
    `${table.toString()}\n${faults
      .slice(0, 40)
      .map((fault) => `FAIL ${fault.slice(0, 300)}\n`)
      .join("")}`,
  );
} catch (error) {
  count.failed += 1;
  process.stdout.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
} finally {
  await client.end();
  await caller.close();
  await Promise.all([postgres.close(), qdrant.close()]);
}
process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
process.exitCode = count.failed === 0 ? 0 : 1;
