// One watch of one collection: its events until it ends, each line bounded, silence cut off.
import { type Dispatcher, request } from "undici";
import { OperatorError } from "#errors.ts";
import { type Invalid, parseJson, readText, transportFault } from "#http/exchange.ts";
import type { Clock } from "#ports/clock.ts";
import { limitTime } from "#timing/deadline.ts";
import { describePlace, refusalOf } from "./api-errors.ts";
import type { KubeObject } from "./documents.ts";
import type { KubeConnection } from "./kube-access.ts";
import { urlOf } from "./kube-request.ts";
import type { Place } from "./resources.ts";

type WatchEvent = { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: KubeObject };

type WatchOptions = {
  readonly connection: KubeConnection;
  readonly place: Place;
  readonly query: Readonly<Record<string, string>>;
  readonly resourceVersion: string;
  /** No byte for this long, from the first try to connect on, ends the watch with ROP_DEADLINE_EXCEEDED. */
  readonly inactivityMs: number;
  /** The server ends the watch after this: a way to be balanced anew. */
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

const maxLineBytes = 8 * 1024 * 1024;
const eventTypes = new Set(["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]);

/** Calls `onEvent` for each event in order. Resolves when the server ends the stream; rejects with a coded error. */
export async function readWatch(options: WatchOptions, onEvent: (event: WatchEvent) => void): Promise<void> {
  const { clock, inactivityMs, signal } = options;
  const silence = limitTime({ clock, limitMs: inactivityMs, signal });
  try {
    const { answer, sent } = await openWatch(options, silence.signal);
    if (answer.statusCode !== 200) throw await refusal(options.place, answer, sent);
    const lines = makeLineReader((line) => onEvent(parseEvent(line, options.place, sent)));
    for await (const part of answer.body as AsyncIterable<Buffer>) {
      silence.renew();
      lines.push(part);
    }
  } catch (fault) {
    const about = `watch ${describePlace(options.place)}`;
    const late = `${about}: silent for ${inactivityMs} ms`;
    const deadline = silence.signal;
    throw transportFault(fault, { about, late, unreachable: "ROP_API_UNAVAILABLE", outer: signal, deadline });
  } finally {
    silence.end();
  }
}

type Sent = Readonly<Record<string, unknown>>;
type Opened = { readonly answer: Dispatcher.ResponseData; readonly sent: Sent };

async function openWatch(options: WatchOptions, signal: AbortSignal): Promise<Opened> {
  const query = {
    ...options.query,
    watch: "1",
    allowWatchBookmarks: "true",
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(options.timeoutSeconds),
  };
  const { headers, dispatcher } = await options.connection.authorize();
  const answer = await request(urlOf(options.connection.server, { place: options.place, query }), {
    dispatcher,
    signal,
    headers: { ...headers, accept: "application/json" },
    // Silence is judged by our own guard, which also covers the connecting.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return { answer, sent: headers };
}

async function refusal(place: Place, answer: Dispatcher.ResponseData, sent: Sent): Promise<OperatorError> {
  const body = await readText(answer, maxLineBytes, invalidOf(place));
  return refusalOf({ verb: "watch", place, status: answer.statusCode, body, retryAfter: undefined, sent });
}

function invalidOf(place: Place): Invalid {
  return (what, cause) =>
    new OperatorError("ROP_API_ANSWER_INVALID", `watch ${describePlace(place)}: ${what}`, { cause });
}

/** Cuts what comes in parts into lines. */
export function makeLineReader(onLine: (line: string) => void) {
  // Joined where the line ends: joining with each part takes quadratic time on a long line.
  let held: Buffer[] = [];
  let heldBytes = 0;
  const end = (last: Buffer): void => {
    const line = Buffer.concat([...held, last]).toString("utf8");
    held = [];
    heldBytes = 0;
    if (line.trim() !== "") onLine(line);
  };
  return {
    push: (part: Buffer) => {
      let at = 0;
      for (let next = part.indexOf(10); next !== -1; next = part.indexOf(10, at)) {
        if (next > at || heldBytes > 0) end(part.subarray(at, next));
        at = next + 1;
      }
      heldBytes += part.length - at;
      if (at < part.length) held.push(part.subarray(at));
      if (heldBytes > maxLineBytes)
        throw new OperatorError("ROP_API_ANSWER_INVALID", `watch: a line of more than ${maxLineBytes} bytes`);
    },
  };
}

type SentEvent = { readonly type?: unknown; readonly object?: KubeObject & { readonly code?: number } };

function parseEvent(line: string, place: Place, sent: Sent): WatchEvent {
  const invalid = invalidOf(place);
  const event = parseJson(line, (what, cause) => invalid(`a line: ${what}`, cause)) as SentEvent;
  if (event.type === "ERROR") {
    throw refusalOf({
      verb: "watch",
      place,
      status: event.object?.code ?? 500,
      body: JSON.stringify(event.object ?? {}),
      retryAfter: undefined,
      sent,
    });
  }
  if (typeof event.type !== "string" || !eventTypes.has(event.type) || typeof event.object !== "object") {
    throw invalid("an event without type or object");
  }
  return { type: event.type as WatchEvent["type"], object: event.object };
}
