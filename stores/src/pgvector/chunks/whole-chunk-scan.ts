// Reads a table through in one snapshot, chunk by chunk and whole: the next page is read while one is worked on.
import { Buffer } from "node:buffer";
import type { Pool, PoolClient } from "pg";
import { errorsOf } from "#errors.ts";
import type { WholeBatch, WholeChunk, WholeScanOptions } from "#ports/chunk-store.ts";
import { TooMuchFault } from "../client/message-watch.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { readTextField } from "./chunk-row.ts";
import { copyRows } from "./copy-query.ts";
import { beginScan } from "./held-table.ts";
import { PageRows } from "./page-rows.ts";
import { endSession, inSession } from "./scan-session.ts";
import type { TableColumns } from "./table-columns.ts";
import { makeReadChunk, type ReadChunk } from "./whole-chunk-row.ts";
import { plainFields, readVector, wholePageQuery } from "./whole-chunk-sql.ts";

const refuse = errorsOf("RETR_VERIFY_NOT_COMPARABLE");
/** Texts in front of those of the plain fields and of the embedding. */
const leadingTexts = 5;

type Scan = WholeScanOptions & {
  readonly spec: PgvectorSpec;
  readonly timeoutMs: number;
  readonly columnsOf: (client: PoolClient) => Promise<TableColumns>;
};

/** Rejects with what the driver throws, and with RETR_VERIFY_NOT_COMPARABLE for a row that can't be read. */
export async function* scanWhole(pool: Pool, scan: Scan, signal: AbortSignal): AsyncGenerator<WholeBatch> {
  const rows = new PageRows(scan.pageSize);
  for (let { after } = scan; ; ) {
    try {
      for await (const batch of scanOnce(pool, { ...scan, after, rows }, signal)) {
        after = batch.cursor;
        yield batch;
      }
      return;
    } catch (error) {
      // Rows that are much larger than those before them: the connection is gone, and what follows is read as of then.
      if (!(error instanceof TooMuchFault) || !rows.shrink()) throw error;
    }
  }
}

/** In one snapshot. */
async function* scanOnce(
  pool: Pool,
  scan: Scan & { readonly rows: PageRows },
  signal: AbortSignal,
): AsyncGenerator<WholeBatch> {
  const { spec, timeoutMs, rows, until = null } = scan;
  const client = await pool.connect();
  const session = { client, signal, isCut: false };
  let ahead: Promise<Page> | null = null;
  try {
    const columns = await inSession(session, () => scan.columnsOf(client));
    await beginScan(session, spec, timeoutMs);
    const isJson = scan.vectors === "json" && columns.embedding.type !== "bit";
    const vectors = isJson ? "json" : "floats";
    const readRow = makeReadRow(columns, isJson);
    const start = (after: string | null): Promise<Page> => {
      const asked = rows.next;
      const text = wholePageQuery(spec, columns, { after, until, pageSize: asked, vectors });
      const page = inSession(session, () => readPage(client, text, readRow)).then(({ bytes, ...read }) => {
        rows.took(read.chunks.length, bytes);
        return { ...read, hasMore: read.chunks.length >= asked };
      });
      // Who waits for the page learns of a failure; nobody may ever ask for it.
      page.catch(() => undefined);
      return page;
    };
    ahead = start(scan.after);
    while (ahead !== null) {
      const { chunks, storeMs, hasMore }: Page = await ahead;
      const cursor: string | undefined = chunks.at(-1)?.id;
      ahead = cursor !== undefined && hasMore ? start(cursor) : null;
      if (cursor !== undefined) yield { chunks, count: chunks.length, cursor, storeMs };
    }
  } finally {
    await ahead?.catch(() => undefined);
    await endSession(session);
  }
}

/** Of whole chunks, which are held in memory together. */
const mostPageBytes = 256 * 1_048_576;

type Page = { readonly chunks: readonly WholeChunk[]; readonly storeMs: number; readonly hasMore: boolean };

type ReadRow = (bytes: Buffer, start: number) => WholeChunk;

async function readPage(client: PoolClient, text: string, readRow: ReadRow) {
  const startedAt = performance.now();
  const chunks: WholeChunk[] = [];
  let read = 0;
  await copyRows(client, text, mostPageBytes, (bytes, start) => {
    read += bytes.length;
    chunks.push(readRow(bytes, start));
  });
  return { chunks, bytes: read, storeMs: performance.now() - startedAt };
}

function makeReadRow(columns: TableColumns, isJson: boolean): ReadRow {
  const plain = plainFields(columns);
  const read = makeReadChunk(columns, plain);
  const texts = leadingTexts + plain.length;
  const room = new VectorRoom();
  return (bytes, start) => {
    const row: (string | null)[] = [];
    let at = start;
    while (row.length < texts) {
      const field = readTextField(bytes, at);
      row.push(field.text);
      at = field.end;
    }
    return isJson ? withJson(read(row, null), bytes, at) : read(row, readEmbedding(bytes, at, room));
  };
}

/** With the vector's numbers read only where somebody asks for them. */
function withJson(chunk: ReturnType<ReadChunk>, bytes: Buffer, at: number): WholeChunk {
  const length = bytes.readInt32BE(at);
  if (length < 0) return chunk;
  const vectorJson = bytes.toString("latin1", at + 4, at + 4 + length);
  return {
    ...chunk,
    vectorJson,
    get vector() {
      return readVector(vectorJson, "vector");
    },
  };
}

/** Floats of many vectors: memory of its own for each of them is half of the work of reading it. */
class VectorRoom {
  #floats = new Float32Array(0);
  #taken = 0;

  take(dimension: number): Float32Array {
    if (this.#taken + dimension > this.#floats.length) {
      this.#floats = new Float32Array(Math.max(dimension, roomFloats));
      this.#taken = 0;
    }
    this.#taken += dimension;
    return this.#floats.subarray(this.#taken - dimension, this.#taken);
  }
}

/** 256 KiB: so much a chunk that is kept keeps at most. */
const roomFloats = 65_536;

/** Of a `vector`, or of a `bit`: the first says its dimension twice over by its length. Null for NULL. */
function readEmbedding(bytes: Buffer, at: number, room: VectorRoom): Float32Array | null {
  const length = bytes.readInt32BE(at);
  if (length < 0) return null;
  const from = at + 4;
  const dimension = bytes.readUInt16BE(from);
  if (length === 4 + dimension * 4) {
    const floats = room.take(dimension);
    const raw = Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
    raw.set(bytes.subarray(from + 4, from + length));
    raw.swap32();
    return floats;
  }
  const bits = bytes.readInt32BE(from);
  if (length !== 4 + Math.ceil(bits / 8)) throw refuse("embedding: expected a vector or bits");
  return Float32Array.from(
    { length: bits },
    (_, bit) => ((bytes[from + 4 + (bit >> 3)] as number) >> (7 - (bit & 7))) & 1,
  );
}
