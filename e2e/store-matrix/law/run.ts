// Generated tables on a real Postgres and collections on a Qdrant, each asked in every way.
import { Client } from "pg";
import { startQdrant } from "#stores/qdrant.ts";
import { openQdrant, pathOf } from "#stores/qdrant-rest.ts";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { makeRandom, type Random } from "#support/random.ts";
import { answersOf, type Opened, openStore, openTable } from "./answers.ts";
import { drawTable, typesOf } from "./generate.ts";
import { drawCollection } from "./generate-collection.ts";
import { judge, judgeRequests } from "./judge.ts";

type Drawn = { readonly address: string; readonly seed: number };
type LawRun = Drawn & { readonly tables: number };
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
      const table = drawTable(drawing(seed, number));
      await client.query(table.statements.join(";\n"));
      const found = await tryStore(openTable(table, server.connectionString));
      if (found.isServed) served += 1;
      wrong.push(...found.faults.map((fault) => `${fault}\n  of ${table.name}`));
    }
  } finally {
    await client.end();
    await server.close();
  }
  return { tables, served, wrong };
}

/** The first numbers of neighbouring seeds are alike. */
export function drawing(seed: number, number: number): Random {
  const random = makeRandom(seed * 100_000 + number);
  for (let skipped = 0; skipped < 16; skipped += 1) random();
  return random;
}

type CollectionRun = Drawn & { readonly collections: number };

export async function runCollectionLaw({ address, collections, seed }: CollectionRun) {
  const qdrant = await startQdrant({ address, external: { url: undefined, apiKey: undefined } });
  const { call, close } = openQdrant(qdrant);
  const wrong: string[] = [];
  let served = 0;
  try {
    for (let number = 0; number < collections; number += 1) {
      const { requests, document, ...drawn } = drawCollection(drawing(seed, number));
      await call({ method: "DELETE", path: pathOf("law") });
      for (const { rest, ...request } of requests) await call({ ...request, path: pathOf("law", rest) });
      const place = { ...document, url: qdrant.url, collection: "law" };
      const found = await tryStore(openStore("qdrant", { ...drawn, document: place }));
      if (found.isServed) served += 1;
      wrong.push(...found.faults.map((fault) => `${fault}\n  of ${drawn.name}`));
    }
  } finally {
    await close();
    await qdrant.close();
  }
  return { served, wrong };
}

/** Of a database, in which texts are read another way. */
const oddSettings = `ALTER DATABASE postgres SET standard_conforming_strings TO off;
  ALTER DATABASE postgres SET array_nulls TO off; ALTER DATABASE postgres SET search_path TO ''`;

async function tryStore(opened: Opened) {
  try {
    const answers = await answersOf(opened);
    const faults = judge(opened.drawn, answers);
    if (typeof answers.scanned === "string") return { isServed: false, faults };
    return { isServed: true, faults: [...faults, ...(await judgeRequests(opened, [...answers.scanned.keys()]))] };
  } finally {
    await opened.close();
  }
}
