// What a repair from a pair's report does to its chunks: it makes the damaged ones right or names them, and touches nothing
// else.
import type { Client } from "pg";
import { request } from "undici";
import type { Qdrant } from "#stores/qdrant.ts";
import { type Json, type JsonObject, parseJson, printJson } from "#stores/qdrant-standin/data/json.ts";
import { type Place, reportFile, runVerify } from "#support/verify/verify-process.ts";
import type { Chunk, StoreName } from "./chunks.ts";

type Stores = { readonly client: Client; readonly qdrant: Qdrant };
type Judge = (what: string, found: unknown, expected: unknown) => boolean;
type Pair = { readonly name: string; readonly chunks: readonly Chunk[]; readonly destination: StoreName };

/** Everything that a store holds, as it prints it, by chunk id. */
type Held = ReadonlyMap<string, readonly string[]>;

/** Repairs with everything that a person may allow, and judges every chunk. */
export async function judgeRepair(stores: Stores, place: Place, pair: Pair, judge: Judge): Promise<void> {
  const { destination, chunks, name } = pair;
  const before = { table: await readTable(stores), collection: await readCollection(stores) };
  const args = ["--direction", "source-to-destination", "--delete-extra", "--yes", "--lag", "0", "--budget", "none"];
  const { stdout, stderr } = await runVerify(place, ["--repair", reportFile(place), ...args]);
  const done = doneOf(stdout, stderr);
  const after = { table: await readTable(stores), collection: await readCollection(stores) };
  await runVerify(place, ["--level", "vector", "--lag", "0", "--budget", "none"]);
  const report = place.report();
  const differing = new Set(report.differences.map(({ id }) => id));
  const source = destination === "table" ? "collection" : "table";
  const refused = new Set(done.refused.map(({ id }) => id));
  judge(`${name}: source changed`, textOf(after[source]), textOf(before[source]));
  judge(
    `${name}: remaining`,
    differing.size,
    Object.values(done.remaining).reduce((sum, each) => sum + each, 0),
  );
  for (const { id, damage, type } of chunks) {
    const what = `${name}, ${type.name}, ${damage}, repaired`;
    const [was = [], is = []] = [before[destination].get(id), after[destination].get(id)];
    judge(`${what}: doubled or lost`, is.length, damage === "extra" ? 0 : 1);
    if (damage === "none") judge(`${what}: overwritten`, is.join(), was.join());
    // A payload of another type may be more than a column can hold; then the chunk stays as it is and is named.
    const mayStay = damage === "retyped" && destination === "table";
    if (!mayStay) judge(`${what}: refused`, refused.has(id), false);
    if (refused.has(id)) judge(`${what}: overwritten though refused`, is.join(), was.join());
    judge(`${what}: hidden`, differing.has(id) && !mayStay, false);
  }
}

type Done = {
  readonly refused: readonly { readonly id: string }[];
  readonly remaining: Readonly<Record<string, number>>;
};

function doneOf(stdout: string, stderr: string): Done {
  const line = stdout.split("\n").findLast((each) => each.startsWith('{"repair"'));
  if (line === undefined) throw new Error(`the repair ended without a result:\n${stderr.slice(-2000)}`);
  return (JSON.parse(line) as { readonly repair: { readonly done: Done } }).repair.done;
}

async function readTable({ client }: Stores): Promise<Held> {
  const { rows } = await client.query<{ id: string; row: string }>(
    "SELECT chunk_id::text AS id, (m.*)::text AS row FROM matrix AS m ORDER BY chunk_id",
  );
  return collect(rows.map(({ id, row }) => [id, row]));
}

async function readCollection({ qdrant }: Stores): Promise<Held> {
  const answer = await request(`${qdrant.url}/collections/matrix/points/scroll`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(qdrant.apiKey === undefined ? {} : { "api-key": qdrant.apiKey }),
    },
    body: JSON.stringify({ limit: 10_000, with_payload: true, with_vector: true }),
  });
  const { result } = parseJson(await answer.body.text()) as unknown as {
    result: { points: (JsonObject & Point)[] };
  };
  return collect(result.points.map((point) => [plain(point.payload.chunk_id ?? point.id), printJson(point)]));
}

type Point = { readonly id: Json; readonly payload: Payload };
type Payload = JsonObject & { readonly chunk_id?: Json };

/** An id as text, without the quotes of JSON. */
function plain(id: Json): string {
  return typeof id === "string" ? id : printJson(id);
}

function collect(entries: readonly (readonly [string, string])[]): Held {
  const held = new Map<string, string[]>();
  for (const [id, text] of entries) held.set(id, [...(held.get(id) ?? []), text]);
  return held;
}

function textOf(held: Held): string {
  return JSON.stringify([...held]);
}
