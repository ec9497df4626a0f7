// Rows into a table by COPY, which takes many times as many as statements with their values do. It adds rows and changes
// none: where the table holds one of them by then, it takes none of them.
import type { Connection, PoolClient, Submittable } from "pg";
import { numberText } from "#values/same-value.ts";
import { expectBytes } from "../client/login-client.ts";
import { quoteName, tableOf } from "../client/names.ts";
import type { Catalogue, Column } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { encoderOf, encodeVector, lengthOf } from "./binary-values.ts";
import type { Given } from "./given-rows.ts";
import type { TableColumns } from "./table-columns.ts";
import { GivenVector } from "./whole-chunk-sql.ts";

const answerBytes = 1_048_576;

/** Whether a row comes to be in the table as COPY gives it: COPY passes over rules, and a trigger may change or keep it. */
export function isCopied({ relation, rewriting, rules }: Catalogue, { id }: TableColumns): boolean {
  return /^[rp]$/.test(relation) && rules.length === 0 && rewriting.length === 0 && id.isConflictTarget;
}

type EncodedRow = { readonly row: Given; readonly bytes: Buffer };
export type EncodedRows = readonly EncodedRow[];

/** Rows in binary, all with the same columns, and those that the table may not hold as they were given. */
export function encodeRows(rows: readonly [Given, ...Given[]], columns: TableColumns) {
  const encode = rows[0].names.map((name) => fieldEncoder(name, columns));
  const encoded: EncodedRow[] = [];
  const odd: Given[] = [];
  for (const row of rows) {
    const bytes = encodeRow(row, encode);
    if (bytes === null) odd.push(row);
    else encoded.push({ row, bytes });
  }
  return { encoded, odd };
}

type EncodeField = (row: Given) => Buffer | null | undefined;

/** The field's bytes; null for NULL, undefined for what isn't surely held. */
function fieldEncoder(name: string, columns: TableColumns): EncodeField {
  const column = columns.all.find((each) => each.name === name) as Column;
  const isName = column === columns.entity?.column || column === columns.namespace?.column;
  const encode = encoderOf(column);
  return ({ row }) => {
    const value = row[name] ?? null;
    if (value instanceof GivenVector) return encodeVector(value.floats, column) ?? undefined;
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

function encodeRow(row: Given, encode: readonly EncodeField[]): Buffer | null {
  const count = Buffer.alloc(2);
  count.writeInt16BE(encode.length);
  const parts: Uint8Array[] = [count];
  for (const field of encode) {
    const bytes = field(row);
    if (bytes === undefined) return null;
    parts.push(lengthOf(bytes));
    if (bytes !== null) parts.push(bytes);
  }
  return Buffer.concat(parts);
}

/** Adds all the rows, or none of them: within a transaction. Resolves with how many. Rejects with what the server reports. */
export function copyRowsIn(client: PoolClient, spec: PgvectorSpec, rows: EncodedRows): Promise<number> {
  const names = rows[0]?.row.names.map(quoteName).join(", ");
  const text = `COPY ${tableOf(spec)} (${names}) FROM STDIN (FORMAT binary)`;
  const bytes = Buffer.concat([head, ...rows.map((row) => row.bytes), end]);
  expectBytes(client, answerBytes);
  return new Promise((resolve, reject) => {
    client.query(new CopyingIn(text, bytes, (error, count) => (error === null ? resolve(count) : reject(error))));
  });
}

const head = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
const end = Buffer.of(0xff, 0xff);

type Wire = {
  readonly query: (text: string) => void;
  readonly sendCopyFromChunk: (bytes: Buffer) => void;
  readonly endCopyFrom: () => void;
};

/** The driver calls `submit` once the connection is free, and the handlers as messages come. */
class CopyingIn implements Submittable {
  readonly #text: string;
  readonly #bytes: Buffer;
  readonly #settle: (error: Error | null, count: number) => void;
  #count = 0;

  constructor(text: string, bytes: Buffer, settle: (error: Error | null, count: number) => void) {
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
    this.#count = Number(/^COPY (\d+)$/.exec(text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.#settle(null, this.#count);
  }

  handleError(error: Error): void {
    this.#settle(error, 0);
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}
}
