// The few calls of Qdrant's REST API that loading and degrading a collection need, over undici.
// Works on a real server and on the stand-in alike.
import { hash } from "node:crypto";
import { Pool } from "undici";
import { z } from "zod";
import type { Dataset } from "#support/dataset/read.ts";

/** Where a Qdrant is reached, and with what. `ca`: PEM of its authority, when the system doesn't know it. */
export type QdrantAddress = {
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly ca?: string | undefined;
};

type Call = {
  readonly method: "PUT" | "POST" | "PATCH" | "DELETE" | "GET";
  readonly path: string;
  readonly body?: unknown;
};
type CallQdrant = (call: Call) => Promise<unknown>;
export type Caller = { readonly call: CallQdrant; readonly close: () => Promise<void> };

const resultSchema = z.object({ result: z.unknown() });

/** A connection pool for one server. Calls reject with status and text for every answer that isn't 2xx. */
export function openQdrant({ url, apiKey, ca }: QdrantAddress): Caller {
  const pool = new Pool(url, {
    connections: 2,
    keepAliveTimeout: 2000,
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
    ...(ca === undefined ? {} : { connect: { ca } }),
  });
  const call = async ({ method, path, body }: Call) => {
    const answer = await pool.request({
      method,
      path,
      headers: { "content-type": "application/json", ...(apiKey === undefined ? {} : { "api-key": apiKey }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`);
    return resultSchema.parse(JSON.parse(text)).result;
  };
  return { call, close: () => pool.close() };
}

/** Works with a connection pool of its own. */
export async function withQdrant<T>(address: QdrantAddress, work: (call: CallQdrant) => Promise<T>): Promise<T> {
  const { call, close } = openQdrant(address);
  try {
    return await work(call);
  } finally {
    await close();
  }
}

/** Path of a collection, or of something in it. */
export function pathOf(collection: string, rest = ""): string {
  return `/collections/${encodeURIComponent(collection)}${rest}`;
}

/** Makes a collection anew, empty, for cosine distance. */
export async function remakeCollection(call: CallQdrant, collection: string, size: number): Promise<void> {
  await call({ method: "DELETE", path: pathOf(collection) });
  await call({ method: "PUT", path: pathOf(collection), body: { vectors: { size, distance: "Cosine" } } });
}

/** Indexes of payload fields. Without one on `updated_at` nobody could ask for the newest point. */
export async function addIndexes(
  call: CallQdrant,
  collection: string,
  fields: Readonly<Record<string, "keyword" | "datetime" | "integer">>,
): Promise<void> {
  for (const [field_name, field_schema] of Object.entries(fields))
    await call({ method: "PUT", path: pathOf(collection, "/index?wait=true"), body: { field_name, field_schema } });
}

export async function upsert(call: CallQdrant, collection: string, points: readonly object[]): Promise<void> {
  await call({ method: "PUT", path: pathOf(collection, "/points?wait=true"), body: { points } });
}

/** The same id for the same chunk everywhere: a UUID (version 8) out of the chunk id's SHA-256. */
export function pointIdOf(chunkId: string): string {
  const digits = hash("sha256", chunkId);
  const variant = "89ab"[Number.parseInt(digits.charAt(16), 16) % 4] ?? "8";
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`, variant + digits.slice(17, 20)];
  return [...parts, digits.slice(20, 32)].join("-");
}

const pointsPerUpsert = 250;

/** Makes the collection anew (Cosine) and fills it with the sample. The payload's keys are those of the retrieval service's contract. */
export function loadQdrant(address: QdrantAddress, collection: string, dataset: Dataset): Promise<void> {
  return withQdrant(address, async (call) => {
    await remakeCollection(call, collection, dataset.dim);
    for (let start = 0; start < dataset.chunks.length; start += pointsPerUpsert)
      await upsert(call, collection, pointsOf(dataset, start, start + pointsPerUpsert));
    await addIndexes(call, collection, { namespace: "keyword", updated_at: "datetime" });
  });
}

/** Removes the collection; one that isn't there is no fault. */
export function removeCollection(address: QdrantAddress, collection: string): Promise<void> {
  return withQdrant(address, async (call) => void (await call({ method: "DELETE", path: pathOf(collection) })));
}

/** How many chunks a drifted collection lacks, and how many it has in an older form. */
type Drift = { readonly missing: number; readonly stale: number };

/** Takes every hundredth chunk away, and makes the one after it older than the source's. */
export function driftQdrant(address: QdrantAddress, collection: string, dataset: Dataset): Promise<Drift> {
  return withQdrant(address, async (call) => {
    const hundredths = Array.from({ length: Math.floor(dataset.chunks.length / 100) }, (_, index) => index * 100);
    const ids = hundredths.flatMap((row) => pointIdsOf(dataset, row));
    await call({ method: "POST", path: pathOf(collection, "/points/delete?wait=true"), body: { points: ids } });
    const points = hundredths.flatMap((row) => pointsOf(dataset, row + 1, row + 2, "2001-01-01T00:00:00Z"));
    await upsert(call, collection, points);
    return { missing: ids.length, stale: points.length };
  });
}

/** Writes chunks that no other store has: new ids, the vectors of the first chunks, written just now. */
export async function writeNewChunks(
  address: QdrantAddress,
  collection: string,
  { dataset, count }: { readonly dataset: Dataset; readonly count: number },
): Promise<readonly string[]> {
  return withQdrant(address, async (call) => {
    const names = Array.from({ length: count }, (_, index) => `written-after-the-cutover-${index + 1}`);
    const renamed: Dataset = {
      ...dataset,
      chunks: dataset.chunks.slice(0, count).map((chunk, index) => ({ ...chunk, chunkId: names[index] ?? "" })),
    };
    const points = pointsOf(renamed, 0, count, new Date().toISOString());
    await upsert(call, collection, points);
    return names;
  });
}

function pointIdsOf(dataset: Dataset, row: number): string[] {
  return dataset.chunks.slice(row, row + 1).map(({ chunkId }) => pointIdOf(chunkId));
}

function pointsOf(dataset: Dataset, start: number, end: number, updatedAt?: string): object[] {
  return dataset.chunks.slice(start, end).map((chunk, row) => ({
    id: pointIdOf(chunk.chunkId),
    vector: [...dataset.vector(start + row)],
    payload: {
      chunk_id: chunk.chunkId,
      entity_id: chunk.entityId,
      updated_at: updatedAt ?? chunk.updatedAt,
      namespace: chunk.namespace,
      lang: chunk.lang,
      pos: chunk.pos,
      words: chunk.words,
      has_example: chunk.hasExample,
    },
  }));
}
