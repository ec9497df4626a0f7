// What a copy is measured beside: `copy-peer-main.ts postgres FROM TABLE TO` pipes COPY into COPY, `qdrant FROM TABLE URL`
// upserts with the official client as carefully as a person would write it. Prints one JSON line.
import { QdrantClient } from "@qdrant/js-client-rest";
import { Client, type Connection, type Submittable } from "pg";
import { pointIdOf } from "#stores/qdrant-rest.ts";

const [way, connectionString = "", table = "", to = ""] = process.argv.slice(2);
const batch = 500;

type Wire = {
  readonly query: (text: string) => void;
  readonly sendCopyFromChunk: (bytes: Buffer) => void;
  readonly endCopyFrom: () => void;
  readonly stream: NodeJS.ReadWriteStream & { readonly writableNeedDrain: boolean };
};

/** A COPY with what happens to its data; the driver calls the handlers as messages come. */
function copying(text: string, on: Partial<{ data: (bytes: Buffer) => void; open: (wire: Wire) => void }>) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const nothing = (): void => {};
  const wireOf = (connection: Connection): Wire => connection as unknown as Wire;
  const query = {
    submit: (connection: Connection) => wireOf(connection).query(text),
    handleCopyData: ({ chunk }: { readonly chunk: Buffer }) => on.data?.(chunk),
    handleCopyInResponse: (connection: Connection) => on.open?.(wireOf(connection)),
    handleReadyForQuery: () => resolve(),
    handleError: (error: Error) => reject(error),
    handleCommandComplete: nothing,
    handleRowDescription: nothing,
    handleDataRow: nothing,
    handleEmptyQuery: nothing,
    handlePortalSuspended: nothing,
  };
  return { query: query as unknown as Submittable, promise };
}

async function pipe(): Promise<void> {
  const [from, into] = [new Client({ connectionString }), new Client({ connectionString })];
  await Promise.all([from.connect(), into.connect()]);
  const opened = Promise.withResolvers<Wire>();
  const copyIn = copying(`COPY ${to} FROM STDIN (FORMAT binary)`, { open: opened.resolve });
  into.query(copyIn.query);
  const wire = await opened.promise;
  const source = (from as unknown as { readonly connection: Wire }).connection.stream;
  wire.stream.on("drain", () => source.resume());
  const data = (bytes: Buffer): void => {
    wire.sendCopyFromChunk(bytes);
    if (wire.stream.writableNeedDrain) source.pause();
  };
  const copyOut = copying(`COPY (SELECT * FROM ${table} ORDER BY chunk_id) TO STDOUT (FORMAT binary)`, { data });
  from.query(copyOut.query);
  await copyOut.promise;
  wire.endCopyFrom();
  await copyIn.promise;
  await Promise.all([from.end(), into.end()]);
}

type Row = {
  readonly chunk_id: string;
  readonly entity_id: string;
  readonly updated_at: Date;
  readonly body: string;
  readonly embedding: string;
};

async function upsert(): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  const qdrant = new QdrantClient({ url: to, checkCompatibility: false });
  const page = `SELECT chunk_id, entity_id, updated_at, body, embedding::text FROM ${table} WHERE chunk_id > $1
    ORDER BY chunk_id LIMIT ${batch}`;
  for (let after = ""; ; ) {
    const { rows } = await client.query<Row>({ name: "page", text: page, values: [after] });
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.chunk_id;
    const points = rows.map(({ embedding, updated_at, ...payload }) => ({
      id: pointIdOf(payload.chunk_id),
      vector: JSON.parse(embedding) as number[],
      payload: { ...payload, updated_at: updated_at.toISOString() },
    }));
    await qdrant.upsert("chunks", { wait: true, points });
  }
  await client.end();
}

const startedAt = performance.now();
await (way === "postgres" ? pipe() : upsert());
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - startedAt) / 1000 })}\n`);
