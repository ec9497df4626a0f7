// A client of Postgres that keeps no connection on which it couldn't log in.
import type { Readable } from "node:stream";
import { Client } from "pg";

type Callback = ((error: Error) => void) | ((error: null, client: Client) => void);

/**
 * Where the driver gives a login up by itself (there is no password, the server has no TLS) it leaves the connection open,
 * and the server waits a minute for what never comes: so long a process can't end, and every probe would hold one more.
 */
export class LoginClient extends Client {
  override connect(): Promise<Client>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<Client> | void {
    if (callback === undefined) return super.connect();
    super.connect((error: Error | null) => {
      if (error !== null && error !== undefined) streamOf(this).destroy();
      (callback as (error: Error | null, client: Client) => void)(error, this);
    });
  }
}

/** The socket below a connection, which the driver's types don't show. */
export function streamOf(client: object): Readable {
  return (client as { readonly connection: { readonly stream: Readable } }).connection.stream;
}
