// Clients that mean well, while others don't: each asks in its own rhythm, and counts what it isn't answered.
import { setTimeout as delay } from "node:timers/promises";
import { Agent, type Dispatcher, request } from "undici";
import { patienceMs } from "#support/patience.ts";

const deadlineMs = 15_000;

export type Asking = {
  readonly what: string;
  readonly url: string;
  /** Absent: a GET on a connection of its own, as probes and operators do. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly everyMs: number;
  /** Statuses that are an answer. */
  readonly expected: readonly number[];
};
type Asked = { readonly what: string; answered: number; readonly failed: string[] };

/** Asks until the signal comes; then what became of it. `onAsked` is told of each that was answered or failed. */
export async function askOn(asking: Asking, signal: AbortSignal, onAsked: () => void): Promise<Asked> {
  const { what, url, everyMs } = asking;
  const asked: Asked = { what, answered: 0, failed: [] };
  const connect = { timeout: patienceMs(deadlineMs) };
  const kept = asking.body === undefined ? undefined : new Agent({ connections: 2, connect });
  while (!signal.aborted) {
    const dispatcher = kept ?? new Agent({ connections: 1, pipelining: 0, connect });
    const fault = await askOnce(asking, dispatcher).catch((error: unknown) => String(error));
    if (kept === undefined) void dispatcher.destroy();
    if (fault === undefined) asked.answered += 1;
    else asked.failed.push(`${what} of ${url}: ${fault}`);
    onAsked();
    await delay(everyMs);
  }
  await kept?.destroy();
  return asked;
}

/** What is wrong with the answer. */
async function askOnce(asking: Asking, dispatcher: Dispatcher): Promise<string | undefined> {
  const { url, body, headers = {}, expected } = asking;
  const signal = AbortSignal.timeout(patienceMs(deadlineMs));
  const method = body === undefined ? "GET" : "POST";
  const answer = await request(url, { method, body: body ?? null, headers, dispatcher, signal });
  const text = await answer.body.text();
  return expected.includes(answer.statusCode) ? undefined : `${answer.statusCode} ${text.slice(0, 300)}`;
}
