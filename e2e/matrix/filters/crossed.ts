// Every type of field x every operator that it takes x forms of ids: what a filter passes, by the engine of Qdrant, has to
// pass in a table and in a collection whatever their ids look like.
import type { Client } from "pg";
import { startQdrantEngine } from "#stores/qdrant-engine/start-engine.ts";
import { type Caller, pathOf } from "#stores/qdrant-rest.ts";
import { startSidecar } from "#support/sidecar/start-sidecar.ts";
import { type IdForm, idForms } from "../id-forms.ts";
import { type Ask, makeAsk } from "./ask.ts";
import { fields, filterable, tableColumns } from "./fields.ts";
import { makeRows } from "./generate.ts";

const rowCount = 60;
const timeoutMs = 60_000;
const name = "crossed";

type Payload = Readonly<Record<string, unknown>>;
type Filter = { readonly type: string; readonly text: string };
export type Crossed = { readonly filter: Filter; readonly passes: readonly number[] };

/** Each operator that a field takes, on values from both ends of those that are asked for. */
function everyFilter(): Filter[] {
  return Object.entries(fields).flatMap(([field, { type, asked }]) => {
    const [first, last, middle] = [asked[0], asked.at(-1), asked[Math.floor(asked.length / 2)]];
    const equal = { eq: { field, value: middle } };
    const conditions: readonly object[] = [
      { eq: { field, value: first } },
      equal,
      { not: equal },
      { in: { field, values: [first, last] } },
      { in: { field, values: [] } },
      { not: { in: { field, values: asked.slice(0, 3) } } },
      { exists: { field } },
      { not: { exists: { field } } },
      { and: [{ exists: { field } }, { or: [equal, { eq: { field, value: last } }] }] },
      ...(type.endsWith("[]")
        ? [{ contains: { field, value: first } }, { not: { contains: { field, value: last } } }]
        : []),
      ...(/^(integer|float|moment)/.test(type)
        ? [
            { range: { field, gte: middle } },
            { range: { field, lt: middle } },
            { range: { field, gt: first, lte: last } },
            { not: { range: { field, lte: first } } },
          ]
        : []),
    ];
    return conditions.map((filter) => ({ type, text: JSON.stringify(filter) }));
  });
}

/** The rows, without ids, and what passes each filter by the engine: places of rows. */
export async function askEngine(
  seed: number,
): Promise<{ readonly rows: readonly Payload[]; readonly crossed: Crossed[] }> {
  const rows = makeRows(rowCount, seed);
  const engine = await startQdrantEngine();
  try {
    await engine.load(rows, {});
    const primary = { kind: "qdrant", url: engine.url, collection: "c", timeoutMs };
    const crossed: Crossed[] = [];
    await asked(primary, everyFilter(), (filter, found) => {
      crossed.push({ filter, passes: found.map((id) => Number(id.slice(1))).toSorted((a, b) => a - b) });
    });
    return { rows, crossed };
  } finally {
    await engine.close();
  }
}

/** `count` forms of ids, others for another seed; those of one kind of store where `isOfPoints`. */
export function formsFor(count: number, seed: number): IdForm[] {
  return idForms.map((_, index) => idForms[(index + seed * 5) % idForms.length] as IdForm).slice(0, count);
}

/** The filters whose answer from a table differs, in words. The client's search path leads to pgvector. */
export async function crossTable(
  client: Client,
  connectionString: string,
  form: IdForm,
  { rows, crossed }: { readonly rows: readonly Payload[]; readonly crossed: readonly Crossed[] },
): Promise<string[]> {
  await client.query(`SET TIME ZONE 'UTC'; DROP TABLE IF EXISTS ${name};
    CREATE TABLE ${name} (chunk_id ${form.column} PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector(1), ${tableColumns})`);
  const held = rows.map((row, index) => ({ ...row, chunk_id: form.idOf(index), embedding: "[1]" }));
  const text = `INSERT INTO ${name} SELECT * FROM jsonb_populate_recordset(NULL::${name}, $1::jsonb)`;
  await client.query(text, [JSON.stringify(held)]);
  const primary = { kind: "pgvector", connectionString, table: name, timeoutMs, distance: "inner-product" };
  return compare(primary, form, crossed);
}

/** The same for a collection. */
export async function crossCollection(
  { call }: Caller,
  server: { readonly url: string; readonly apiKey?: string },
  form: IdForm,
  { rows, crossed }: { readonly rows: readonly Payload[]; readonly crossed: readonly Crossed[] },
): Promise<string[]> {
  await call({ method: "DELETE", path: pathOf(name) });
  await call({ method: "PUT", path: pathOf(name), body: { vectors: { size: 1, distance: "Dot" } } });
  const points = rows.map((row, index) => {
    const id = form.idOf(index);
    // Of a form without its own key in the payload, the point's id is the chunk's.
    const payload = { ...row, chunk_id: form.payloadOf?.(id) };
    return { id: form.pointIdOf(id), vector: [1], payload };
  });
  await call({ method: "PUT", path: pathOf(name, "/points?wait=true"), body: { points } });
  return compare({ kind: "qdrant", ...server, collection: name, timeoutMs }, form, crossed);
}

async function compare(primary: object, form: IdForm, crossed: readonly Crossed[]): Promise<string[]> {
  const wrong: string[] = [];
  const places = new Map(Array.from({ length: rowCount }, (_, index) => [form.idOf(index), index]));
  const expected = new Map(crossed.map(({ filter, passes }) => [filter.text, passes]));
  const filters = crossed.map(({ filter }) => filter);
  await asked(primary, filters, ({ type, text }, found) => {
    const passes = found.map((id) => places.get(id) ?? id).toSorted((a, b) => Number(a) - Number(b));
    const wanted = expected.get(text) ?? [];
    if (passes.join() !== wanted.join())
      wrong.push(`ids ${form.name}, ${type} ${text}: ${passes.join()}, expected ${wanted.join()}`);
  });
  return wrong;
}

/** Puts each filter to a sidecar of the store. */
async function asked(
  primary: object,
  filters: readonly Filter[],
  onAnswer: (filter: Filter, found: readonly string[]) => void,
): Promise<void> {
  const sidecar = await startSidecar({ base: { primary, filterable } });
  const ask: Ask = makeAsk(sidecar.appUrl);
  try {
    for (const filter of filters) onAnswer(filter, await ask(filter.text));
  } finally {
    await Promise.allSettled([ask.close(), sidecar.stop()]);
  }
}
