// A client of Postgres that keeps no connection on which it couldn't log in, and that settles its session where it has one.
import type { Readable } from "node:stream";
import { Client, type ClientConfig } from "pg";
import { BoundedConnection } from "./bounded-connection.ts";

type Callback = ((error: Error) => void) | ((error: null, client: Client) => void);

/** Name and value of a parameter of the session. */
export type Setting = readonly [name: string, value: string | number];

/**
 * What a statement calls is Postgres's own: a search_path that names pg_catalog behind other schemas would find theirs first,
 * and where it doesn't name it, Postgres looks there before all others. As SQL.
 */
export function ownNamesFirst(isLocal: boolean): string {
  const path = "pg_catalog.current_setting('search_path')";
  const others = `pg_catalog.ltrim(pg_catalog.regexp_replace(${path}, '(^|,) *"?pg_catalog"? *(?=,|$)', '', 'gi'), ', ')`;
  return `pg_catalog.set_config('search_path', ${others}, ${isLocal})`;
}

export type LoginOptions = {
  /** What the session is set to. Not by the start of the session: poolers and proxies refuse settings there. */
  readonly sessionSettings?: readonly Setting[];
};

/**
 * Where the driver gives a login up by itself (there is no password, the server has no TLS) it leaves the connection open,
 * and the server waits a minute for what never comes: so long a process can't end, and every probe would hold one more.
 */
export class LoginClient extends Client {
  readonly #settings: readonly Setting[];
  #isSettled = false;

  constructor(options: ClientConfig & LoginOptions = {}) {
    const { ssl, keepAlive, password } = options;
    // The pool makes the password a property that no copy takes along.
    super({ ...options, password, connection: new BoundedConnection({ ssl, keepAlive }) } as ClientConfig);
    // What the configuration doesn't name the driver takes from PGOPTIONS and PGREPLICATION.
    Object.assign(startOf(this), { options: options.options, replication: undefined });
    this.#settings = options.sessionSettings ?? [];
    // The pool listens from the end of the login on only, and without a listener an error would end the process.
    this.on("error", () => undefined);
  }

  /** Whether the session is this connection's own, and has the settings. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  override connect(): Promise<Client>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<Client> | void {
    if (callback === undefined) return super.connect();
    const settle = callback as (error: Error | null, client: Client) => void;
    const fail = (error: Error): void => {
      streamOf(this).destroy();
      settle(error, this);
    };
    super.connect((error: Error | null) => {
      if (error !== null && error !== undefined) return fail(error);
      if (this.#settings.length === 0) return settle(null, this);
      this.#settleSession(settle, fail);
    });
  }

  /**
   * A pooler gives its clients numbers of its own. What is set on a session of its would be every client's, so there
   * nothing is: settings go along with each statement instead.
   */
  #settleSession(settle: (error: null, client: Client) => void, fail: (error: Error) => void): void {
    const own = `pg_catalog.pg_backend_pid() = ${processIdOf(this)}`;
    const calls = this.#settings.map(([name, value]) => `pg_catalog.set_config('${name}', '${value}', false)`);
    const all = [ownNamesFirst(false), ...calls].join(", ");
    const text = `SELECT ${own} AS is_own, CASE WHEN ${own} THEN ARRAY[${all}] END`;
    this.query<{ readonly is_own: boolean }>(text, (error: Error | null, result) => {
      // As where the start of the session refuses one: never the fault of the statement that waits for the connection.
      if (error !== null && error !== undefined)
        return fail("severity" in error ? Object.assign(error, { severity: "FATAL" }) : error);
      this.#isSettled = result.rows[0]?.is_own === true;
      settle(null, this);
    });
  }
}

/** From here on the server may send so many bytes on this connection. */
export function expectBytes(client: object, bytes: number): void {
  const { connection } = client as { readonly connection: unknown };
  if (connection instanceof BoundedConnection) connection.expect(bytes);
}

/** The socket below a connection, which the driver's types don't show. */
export function streamOf(client: object): Readable {
  return (client as { readonly connection: { readonly stream: Readable } }).connection.stream;
}

/** Parameters of the session's start, which the driver's types don't show. */
function startOf(client: object): object {
  return (client as { readonly connectionParameters: object }).connectionParameters;
}

/** The session's number by what was said at its start; 0: nothing. */
function processIdOf(client: object): number {
  return (client as { readonly processID: number | null }).processID ?? 0;
}
