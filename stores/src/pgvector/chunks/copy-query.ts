// COPY ... TO STDOUT in binary: the one way in which the driver hands over bytes as they came, without an object per row.
import { Buffer } from "node:buffer";
import type { Connection, PoolClient, Submittable } from "pg";
import { expectBytes } from "../client/login-client.ts";

/** Bytes of one row: its fields begin at `start`, each with its length in front. Valid only during the call. */
type ReadRow = (bytes: Buffer, start: number) => void;

/** Whatever the rows are: the heads of messages, and a few rows that are longer than others. */
const spareBytes = 16 * 1_048_576;

type Settle = (error: unknown) => void;

/**
 * Runs the statements and gives every row to `read`. Rejects with what the server reports, with what `read` throws, and
 * when more comes than `rowBytes`, which is expected of all rows together, and a reserve.
 */
export function copyRows(client: PoolClient, text: string, rowBytes: number, read: ReadRow): Promise<void> {
  expectBytes(client, rowBytes + spareBytes);
  return new Promise((resolve, reject) => {
    client.query(new Copying(text, read, (error) => (error === undefined ? resolve() : reject(error as Error))));
  });
}

const signature = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const endOfRows = -1;

/** The driver calls `submit` once the connection is free, and the handlers as messages come. */
class Copying implements Submittable {
  readonly #text: string;
  readonly #read: ReadRow;
  readonly #settle: Settle;
  #isFirst = true;
  #failure: unknown;

  constructor(text: string, read: ReadRow, settle: Settle) {
    this.#text = text;
    this.#read = read;
    this.#settle = settle;
  }

  submit = (connection: Connection): void => {
    (connection as unknown as { readonly query: (text: string) => void }).query(this.#text);
  };

  // One message is one row; the head of the stream comes before the first one, with it or alone.
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#failure !== undefined) return;
    try {
      const start = this.#isFirst ? headLength(chunk) : 0;
      this.#isFirst = false;
      if (start < chunk.length && chunk.readInt16BE(start) !== endOfRows) this.#read(chunk, start + 2);
    } catch (error) {
      this.#failure = error;
    }
  }

  handleReadyForQuery(): void {
    this.#settle(this.#failure);
  }

  handleError(error: Error): void {
    this.#settle(error);
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {
    // Each COPY of several statements begins with a head of its own.
    this.#isFirst = true;
  }
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(): void {}
}

function headLength(chunk: Buffer): number {
  if (!chunk.subarray(0, signature.length).equals(signature)) return 0;
  const extension = signature.length + 4;
  return extension + 4 + chunk.readInt32BE(extension);
}
