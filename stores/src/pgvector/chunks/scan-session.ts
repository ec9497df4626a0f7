// The connection of a scan: one transaction over many pages, which the signal cuts off.
import type { PoolClient } from "pg";

export type Session = { readonly client: PoolClient; readonly signal: AbortSignal; isCut: boolean };

/** Runs one query; when the signal ends it, the connection is closed. */
export async function inSession<T>(session: Session, run: () => Promise<T>): Promise<T> {
  const { client, signal } = session;
  signal.throwIfAborted();
  const cut = (): void => {
    session.isCut = true;
    client.release(true);
  };
  signal.addEventListener("abort", cut, { once: true });
  try {
    return await run();
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

/** However the scan ended: the next user of the connection must not get an open transaction. */
export async function endSession({ client, isCut }: Session): Promise<void> {
  if (isCut) return;
  const isClean = await client.query("ROLLBACK").then(
    () => true,
    () => false,
  );
  client.release(!isClean);
}
