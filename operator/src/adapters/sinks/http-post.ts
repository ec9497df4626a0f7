// One request to a sink: a deadline, no redirects, a bounded answer, and what its status says about trying again.
import { longestRetryMs } from "@retriever/crds/status/outbox-status.ts";
import { type Dispatcher, request } from "undici";
import { faultWord } from "#http/exchange.ts";
import { SinkFault } from "#notify/sink-fault.ts";

type SinkRequest = {
  readonly url: string;
  readonly method?: "GET" | "POST" | "PATCH";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type SinkCall = {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  /** Epoch ms. */
  readonly now: () => number;
};

const mostBytes = 262_144;
/** The message itself is refused, or nobody takes messages there any more. */
const finalStatuses: readonly number[] = [400, 410, 413, 422];

/** The text of a good answer. Rejects with a SinkFault; a transport fault is told by its code alone: its text may hold the address. */
export async function exchange({ url, method = "POST", headers, body }: SinkRequest, call: SinkCall): Promise<string> {
  const { dispatcher, signal, now } = call;
  let answer: Dispatcher.ResponseData;
  let text: string;
  try {
    answer = await request(url, { method, headers, body: body ?? null, dispatcher, signal });
    text = await readSome(answer.body);
  } catch (fault) {
    const why = signal.aborted ? "no answer within the deadline" : faultWord(fault);
    throw new SinkFault(why, { cause: fault });
  }
  const status = answer.statusCode;
  if (status >= 200 && status <= 299) return text;
  throw new SinkFault(`HTTP ${status}`, {
    isFinal: finalStatuses.includes(status),
    retryAfterMs: parseRetryAfter([answer.headers["retry-after"]].flat()[0], now()),
  });
}

/** What is longer is nobody's answer to a message: the rest isn't read. */
async function readSome(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    // Leaving the loop destroys the stream.
    if (size > mostBytes) break;
  }
  return Buffer.concat(parts).subarray(0, mostBytes).toString("utf8");
}

/** Seconds or a date (RFC 9110), as ms from now, an hour at most; undefined where it says neither. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d{1,10}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(longestRetryMs, Math.max(0, ms)) : undefined;
}
