// Generated tables on a real Postgres, each asked in every way.
import { Client } from "pg";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { makeRandom } from "#support/random.ts";
import { answersOf, type Opened, openTable } from "./answers.ts";
import { drawTable, typesOf } from "./generate.ts";
import { judge, judgeRequests } from "./judge.ts";

type LawRun = { readonly address: string; readonly tables: number; readonly seed: number };
type LawOutcome = { readonly tables: number; readonly served: number; readonly wrong: readonly string[] };

/** `served`: tables that are accepted; the others are refused by every way alike. */
export async function runLaw({ address, tables, seed }: LawRun): Promise<LawOutcome> {
  const server = await startWheelPostgres({ address, version: "16-0.8" });
  const client = new Client({ connectionString: server.connectionString });
  await client.connect();
  const wrong: string[] = [];
  let served = 0;
  try {
    await client.query(`CREATE EXTENSION vector; ${typesOf()}; ${oddSettings}`);
    for (let number = 0; number < tables; number += 1) {
      const table = drawTable(makeRandom(seed * 100_000 + number));
      await client.query(table.statements.join(";\n"));
      const found = await tryTable(openTable(table, server.connectionString));
      if (found.isServed) served += 1;
      wrong.push(...found.faults.map((fault) => `${fault}\n  of ${table.name}`));
    }
  } finally {
    await client.end();
    await server.close();
  }
  return { tables, served, wrong };
}

/** Of a database, in which texts are read another way. */
const oddSettings = `ALTER DATABASE postgres SET standard_conforming_strings TO off;
  ALTER DATABASE postgres SET array_nulls TO off; ALTER DATABASE postgres SET search_path TO ''`;

async function tryTable(opened: Opened) {
  try {
    const answers = await answersOf(opened);
    const faults = judge(opened.table, answers);
    if (typeof answers.scanned === "string") return { isServed: false, faults };
    return { isServed: true, faults: [...faults, ...(await judgeRequests(opened, [...answers.scanned.keys()]))] };
  } finally {
    await opened.close();
  }
}
