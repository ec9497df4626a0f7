// Generated tables copied into a collection, and generated collections into a table that the copy makes: equal at the end,
// or each chunk that isn't is refused with a reason. A second copy has nothing to do.
import { pathOf } from "#stores/qdrant-rest.ts";
import { makeRandom } from "#support/random.ts";
import { startTwoStores, type TwoStores } from "#support/verify/two-stores.ts";
import { type Place, placeOf, runCopy } from "#support/verify/verify-process.ts";
import { dimension, drawTable, type TableCase, typesOf } from "./generate.ts";
import { type CollectionCase, drawCollection } from "./generate-collection.ts";
import { drawing } from "./run.ts";

type CopyRun = {
  readonly address: string;
  readonly tables: number;
  readonly collections: number;
  readonly seed: number;
};
type CopyOutcome = { readonly equal: number; readonly wrong: readonly string[] };
type Drawn = Pick<TableCase | CollectionCase, "name" | "document" | "hasText" | "isDated">;
type Copied = {
  readonly done: { readonly written: number; readonly replaced: number };
  readonly compared: { readonly repaired: number; readonly counts: Readonly<Record<string, number>> } | null;
  readonly refused: readonly { readonly id: string; readonly reason?: string }[];
};

export async function runCopies({ address, tables, collections, seed }: CopyRun): Promise<CopyOutcome> {
  const stores = await startTwoStores(address, "16-0.8");
  const wrong: string[] = [];
  let equal = 0;
  const run = async ({ name }: Drawn, place: Place): Promise<void> => {
    const first = await copy(place);
    if (first.exitCode === 0) equal += 1;
    wrong.push(...(await judge(place, first)).map((fault) => `${fault}\n  of ${name}`));
    place.remove();
  };
  try {
    await stores.client.query(typesOf());
    for (let number = 0; number < tables; number += 1) {
      const table = drawTable(makeRandom(seed * 100_000 + number));
      await run(table, await prepare(stores, table));
    }
    for (let number = 0; number < collections; number += 1) {
      const collection = drawCollection(drawing(seed, number));
      await run(collection, await prepareCollection(stores, collection));
    }
  } finally {
    await stores.close();
  }
  return { equal, wrong };
}

const distances = { Cosine: "cosine", Dot: "inner-product", Euclid: "l2" } as const;

/** The collection, and no table. */
async function prepareCollection({ client, postgres, qdrant, caller }: TwoStores, drawn: CollectionCase) {
  await caller.call({ method: "DELETE", path: pathOf("law") });
  for (const { rest, ...request } of drawn.requests) await caller.call({ ...request, path: pathOf("law", rest) });
  await client.query("DROP TABLE IF EXISTS law_copy");
  const source = { kind: "qdrant", url: qdrant.url, collection: "law", ...drawn.document };
  const { connectionString } = postgres;
  const made = { table: "law_copy", distance: distances[drawn.distance], fields: fieldsOf(drawn) };
  return placeOf(source, { kind: "pgvector", connectionString, ...made });
}

function fieldsOf({ hasText, isDated }: Drawn): object {
  return { ...(hasText ? { text: "text" } : {}), ...(isDated ? {} : { updatedAt: "$none" }) };
}

/** The table, and an empty collection with an index of the chunk ids. */
async function prepare({ client, postgres, qdrant, caller: { call } }: TwoStores, table: TableCase): Promise<Place> {
  await client.query(table.statements.join(";\n"));
  await call({ method: "DELETE", path: pathOf("law") });
  await call({ method: "PUT", path: pathOf("law"), body: { vectors: { size: dimension, distance: "Cosine" } } });
  const index = { field_name: "chunk_id", field_schema: "keyword" };
  await call({ method: "PUT", path: pathOf("law", "/index?wait=true"), body: index });
  const source = { kind: "pgvector", connectionString: postgres.connectionString, ...table.document };
  return placeOf(source, { kind: "qdrant", url: qdrant.url, collection: "law", fields: fieldsOf(table) });
}

async function copy(place: Place) {
  const { exitCode, stdout, stderr } = await runCopy(place, ["--create", "--budget", "none", "--lag", "0"]);
  const line = stdout.split("\n").findLast((each) => each.startsWith('{"copy"'));
  const copied = line === undefined ? null : (JSON.parse(line) as { readonly copy: Copied }).copy;
  return { exitCode, copied, stderr };
}

/** Codes of refusals before the first write. */
const refusals = /RETR_(VERIFY_NOT_COMPARABLE|BACKEND_MISSING|COPY_REFUSED): /;

async function judge(place: Place, { exitCode, copied, stderr }: Awaited<ReturnType<typeof copy>>): Promise<string[]> {
  if (copied === null) return refusals.test(stderr) ? [] : [`ended with ${exitCode}: ${stderr.slice(-500)}`];
  const named = new Set(copied.refused.filter(({ reason }) => reason !== undefined).map(({ id }) => id)).size;
  const again = copied.done.written === 0 ? null : (await copy(place)).copied;
  const [differing, rewritten] = [differingIn(copied), writtenBy(again)];
  return [
    ...(exitCode <= 1 ? [] : [`ended with ${exitCode}: ${stderr.slice(-500)}`]),
    ...(differing > named ? [`${differing} differ and ${named} are refused: ${JSON.stringify(copied)}`] : []),
    ...(rewritten === 0 ? [] : [`a second copy wrote ${rewritten}`]),
  ];
}

function differingIn({ compared }: Copied): number {
  const { lagging: _, ...counts } = compared?.counts ?? {};
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** In copying and in what was repaired after it. */
function writtenBy(copied: Copied | null): number {
  if (copied === null) return 0;
  return copied.done.written + copied.done.replaced + (copied.compared?.repaired ?? 0);
}
