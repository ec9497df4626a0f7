// A query as the driver runs it, with no more messages and copies than its rows need: their shape is known beforehand,
// so it isn't asked for, and every value stays the server's own text.
import type { Connection, PoolClient, Submittable } from "pg";
import { expectBytes, ownNamesFirst, type Setting } from "./login-client.ts";
import { WireFault } from "./message-watch.ts";

export type Row = readonly (string | null)[];
export type RowQuery = {
  readonly text: string;
  /** Buffers go in binary. */
  readonly values: readonly (Buffer | string)[];
  /** The connection keeps a named statement prepared. */
  readonly name?: string | undefined;
  /** In force for this statement alone, whoever the connection belongs to next; only for one without a name. */
  readonly settings?: readonly Setting[] | undefined;
  /** Within a transaction: undone at once, with its settings. After an error whoever asked goes back to `trialSavepoint`. */
  readonly isTrial?: boolean;
  /** Of the answer; a server that sends more loses the connection. Rows and bytes of a catalogue when absent. */
  readonly limits?: AnswerLimits | undefined;
};
export type AnswerLimits = { readonly rows: number; readonly bytes: number };

/** What is used of the driver's connection. */
type Wire = {
  readonly stream: { readonly cork: () => void; readonly uncork: () => void };
  readonly parsedStatements: Readonly<Record<string, string>>;
  readonly parse: (statement: { readonly text: string; readonly name: string }) => void;
  readonly bind: (call: { readonly statement: string; readonly values: RowQuery["values"] }) => void;
  readonly execute: (call: object) => void;
  readonly sync: () => void;
  readonly on: (event: "bindComplete", listener: () => void) => void;
  readonly removeListener: (event: "bindComplete", listener: () => void) => void;
  readonly sendCopyFail: (why: string) => void;
};

export const trialSavepoint = "retriever_trial";
const usualLimits: AnswerLimits = { rows: 50_000, bytes: 8 * 1_048_576 };

type Settle = (error: Error | null, rows: readonly Row[]) => void;

/** Runs one statement. Rejects with what the server reports, and with the connection's end. */
export function readRows(client: PoolClient, query: RowQuery): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    const settle: Settle = (error, rows) => (error === null ? resolve(rows) : reject(error));
    const { rows, bytes } = query.limits ?? usualLimits;
    expectBytes(client, bytes);
    client.query(new Submitted({ ...query, rows }, settle));
  });
}

const bound = new WeakSet<Error>();

/** Whether the server had taken a statement's values in before it reported this. */
export function isAfterBinding(error: Error): boolean {
  return bound.has(error);
}

/** The driver calls `submit` once the connection is free, and the handlers as messages come. */
class Submitted implements Submittable {
  /** The driver notes under this name which text a connection has prepared. */
  readonly name: string;
  readonly text: string;
  readonly #values: RowQuery["values"];
  readonly #settle: Settle;
  readonly #settings: readonly Setting[];
  readonly #rows: Row[] = [];
  readonly #mostRows: number;
  readonly #isTrial: boolean;
  /** Statements that come before, and haven't completed. */
  #before: number;
  #isBound = false;
  #wire: Wire | null = null;

  constructor(query: RowQuery & { rows: number }, settle: Settle) {
    const { name = "", text, values, settings = [], rows, isTrial = false } = query;
    this.#mostRows = rows;
    this.name = name;
    this.text = text;
    this.#values = values;
    this.#settle = settle;
    this.#settings = settings;
    this.#isTrial = isTrial;
    this.#before = (isTrial ? 1 : 0) + (settings.length > 0 ? 1 : 0);
  }

  submit = (connection: Connection): void => {
    const wire = connection as unknown as Wire;
    this.#wire = wire;
    wire.on("bindComplete", this.#onBound);
    wire.stream.cork();
    const { name, text } = this;
    if (this.#isTrial) sendUnnamed(wire, `SAVEPOINT ${trialSavepoint}`);
    this.#sendSettings(wire);
    if (name === "" || wire.parsedStatements[name] !== text) wire.parse({ text, name });
    wire.bind({ statement: name, values: this.#values });
    wire.execute({});
    if (this.#isTrial) sendUnnamed(wire, `ROLLBACK TO SAVEPOINT ${trialSavepoint}`);
    wire.sync();
    wire.stream.uncork();
  };

  readonly #onBound = (): void => {
    if (this.#before === 0) this.#isBound = true;
  };

  /** What is sent before one sync is one transaction, which a pooler gives to one session, in no more time than one statement. */
  #sendSettings(wire: Wire): void {
    if (this.#settings.length === 0) return;
    const calls = this.#settings.map((_, index) => `pg_catalog.set_config($${index * 2 + 1}, $${index * 2 + 2}, true)`);
    const all = [ownNamesFirst(true), ...calls].join(", ");
    sendUnnamed(wire, `SELECT ${all}`, this.#settings.flat().map(String));
  }

  handleDataRow({ fields }: { readonly fields: Row }): void {
    if (this.#before > 0) return;
    if (this.#rows.length >= this.#mostRows) throw new WireFault(`more than ${this.#mostRows} rows`);
    this.#rows.push(fields);
  }

  handleReadyForQuery(): void {
    this.#wire?.removeListener("bindComplete", this.#onBound);
    this.#settle(null, this.#rows);
  }

  handleError(error: Error): void {
    this.#wire?.removeListener("bindComplete", this.#onBound);
    if (this.#isBound) bound.add(error);
    this.#settle(error, []);
  }

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail("nothing to copy");
  }

  handleRowDescription(): void {}

  handleCommandComplete(): void {
    if (this.#before > 0) this.#before -= 1;
  }

  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}
}

function sendUnnamed(wire: Wire, text: string, values: RowQuery["values"] = []): void {
  wire.parse({ text, name: "" });
  wire.bind({ statement: "", values });
  wire.execute({});
}
