// Rows into a table by COPY, which takes many times as many as statements with their values do. It adds rows and changes
// none: where the table holds one of them by then, it takes none of them.
import type { Connection, PoolClient, Submittable } from "pg";
import { numberText } from "#values/same-value.ts";
import { expectBytes } from "../client/login-client.ts";
import { quoteName, tableOf } from "../client/names.ts";
import type { Catalogue, Column } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { encoderOf, encodeVector } from "./binary-values.ts";
import type { Given } from "./given-rows.ts";
import type { TableColumns } from "./table-columns.ts";
import { shapeQuery } from "./table-shape.ts";
import { begin, GivenVector } from "./whole-chunk-sql.ts";
import { isOfRow } from "./write-refusal.ts";

const answerBytes = 1_048_576;

/** Whether a row comes to be in the table as COPY gives it: COPY passes over rules, and a trigger may change or keep it. */
export function isCopied({ relation, rewriting, rules }: Catalogue, { id }: TableColumns): boolean {
  const isPlain = /^[rp]$/.test(relation) && rules.length === 0 && rewriting.length === 0;
  // COPY would take ids that the server says it makes itself.
  return isPlain && id.isConflictTarget && !id.isGenerated;
}

/** Rows as COPY takes them, all with the same columns. */
type EncodedRows = { readonly rows: readonly Given[]; readonly bytes: Buffer };

/** Rows in binary, and those that the table may not hold as they were given. */
export function encodeRows(rows: readonly [Given, ...Given[]], columns: TableColumns) {
  const encode = rows[0].names.map((name) => fieldEncoder(name, columns));
  const encoded: Given[] = [];
  const odd: Given[] = [];
  const out = new ByteWriter();
  out.put(head);
  for (const row of rows) {
    const before = out.end;
    if (putRow(out, row, encode)) encoded.push(row);
    else {
      out.end = before;
      odd.push(row);
    }
  }
  out.put(tail);
  return { encoded: { rows: encoded, bytes: out.buffer.subarray(0, out.end) }, odd };
}

/** One buffer that grows: a row has a dozen parts. */
class ByteWriter {
  buffer = Buffer.allocUnsafe(1_048_576);
  end = 0;

  put(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }

  putInt32(value: number): void {
    this.#reserve(4);
    this.end = this.buffer.writeInt32BE(value, this.end);
  }

  putInt16(value: number): void {
    this.#reserve(2);
    this.end = this.buffer.writeInt16BE(value, this.end);
  }

  #reserve(more: number): void {
    if (this.end + more <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.end + more, this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.end));
    this.buffer = larger;
  }
}

type EncodeField = (row: Given) => Buffer | null | undefined;

/** The field's bytes; null for NULL, undefined for what isn't surely held. */
function fieldEncoder(name: string, columns: TableColumns): EncodeField {
  const column = columns.all.find((each) => each.name === name) as Column;
  const isName = [columns.id, columns.entity?.column, columns.namespace?.column].includes(column);
  const encode = encoderOf(column);
  let room: Buffer | undefined;
  return ({ row }) => {
    const value = row[name] ?? null;
    // Its bytes are taken before the next one's are asked for.
    if (value instanceof GivenVector) return (room = encodeVector(value.floats, column, room) ?? undefined);
    if (value === null) return column.isNotNull ? undefined : null;
    return encode(isName ? nameFor(value, column) : value) ?? undefined;
  };
}

/** A name is text or a number, whichever the column has. */
function nameFor(value: unknown, { type }: Column): unknown {
  const isWhole = typeof value === "string" && /^(0|-?[1-9]\d{0,18})$/.test(value);
  if (type.startsWith("int")) return isWhole ? BigInt(value) : value;
  return numberText(value) ?? value;
}

/** Whether all of the row is surely held; what was put of another one is of no use. */
function putRow(out: ByteWriter, row: Given, encode: readonly EncodeField[]): boolean {
  out.putInt16(encode.length);
  for (const field of encode) {
    const bytes = field(row);
    if (bytes === undefined) return false;
    out.putInt32(bytes === null ? -1 : bytes.length);
    if (bytes !== null) out.put(bytes);
  }
  return true;
}

/** For fewer rows the statement with their values is as quick. */
export const leastCopied = 20;

/** Rows with the same columns, new and held ones apart: one statement each. */
export function groupsOf(rows: readonly Given[]): (readonly [Given, ...Given[]])[] {
  const groups = new Map<string, [Given, ...Given[]]>();
  for (const row of rows) {
    const key = JSON.stringify([row.over === null, row.names]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

export type LoadedTable = {
  readonly spec: PgvectorSpec;
  readonly client: PoolClient;
  /** As it was when its columns were read. */
  readonly shape: string;
};

/** Whether the table took all of the rows; none of them where it refused one, has one by now, or isn't what they were encoded for. */
export async function isLoaded({ client, spec, shape }: LoadedTable, encoded: EncodedRows): Promise<boolean> {
  try {
    const copied = await copyRowsIn(client, spec, encoded);
    // The bytes of one type may be another value of another type. Nobody changes a column before the transaction's end.
    const isTaken = copied.count === encoded.rows.length && copied.shape === shape;
    await client.query(isTaken ? "COMMIT" : "ROLLBACK");
    return isTaken;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    if (isOfRow(error)) return false;
    throw error;
  }
}

/** Whether all the rows are in the table by one COPY; none of them otherwise. */
export async function isLoadedWhole(
  table: LoadedTable & { readonly columns: TableColumns },
  rows: readonly Given[],
): Promise<boolean> {
  const [group, ...others] = groupsOf(rows);
  if (group === undefined || others.length > 0) return false;
  const { encoded, odd } = encodeRows(group, table.columns);
  return odd.length === 0 && isLoaded(table, encoded);
}

/** How many rows were added, and what the table is by then. */
type Copied = { readonly count: number; readonly shape: string };

/** Begins a transaction that adds all the rows, or none of them. Rejects with what the server reports. */
function copyRowsIn(client: PoolClient, spec: PgvectorSpec, { rows, bytes }: EncodedRows): Promise<Copied> {
  const names = rows[0]?.names.map(quoteName).join(", ");
  const text = `${begin}; COPY ${tableOf(spec)} (${names}) FROM STDIN (FORMAT binary); ${shapeQuery(spec)}`;
  expectBytes(client, answerBytes);
  return new Promise((resolve, reject) => {
    client.query(new CopyingIn(text, bytes, (error, copied) => (error === null ? resolve(copied) : reject(error))));
  });
}

const head = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
const tail = Buffer.of(0xff, 0xff);

type Wire = {
  readonly query: (text: string) => void;
  readonly sendCopyFromChunk: (bytes: Buffer) => void;
  readonly endCopyFrom: () => void;
};

/** The driver calls `submit` once the connection is free, and the handlers as messages come. */
class CopyingIn implements Submittable {
  readonly #text: string;
  readonly #bytes: Buffer;
  readonly #settle: (error: Error | null, copied: Copied) => void;
  #count = 0;
  #shape = "";

  constructor(text: string, bytes: Buffer, settle: (error: Error | null, copied: Copied) => void) {
    this.#text = text;
    this.#bytes = bytes;
    this.#settle = settle;
  }

  submit = (connection: Connection): void => {
    (connection as unknown as Wire).query(this.#text);
  };

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFromChunk(this.#bytes);
    wire.endCopyFrom();
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#count = Number(/^COPY (\d+)$/.exec(text)?.[1] ?? this.#count);
  }

  handleReadyForQuery(): void {
    this.#settle(null, { count: this.#count, shape: this.#shape });
  }

  handleError(error: Error): void {
    this.#settle(error, { count: 0, shape: "" });
  }

  /** The last one's is the shape. */
  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.#shape = fields[0] ?? "";
  }

  handleRowDescription(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}
}
