// One request and its whole answer, straight off undici's dispatcher: its streams cost more than the rest of a request.
import type { IncomingHttpHeaders } from "node:http";
import { Client, type Dispatcher } from "undici";
import { codeOf, isBrokenOff } from "#values/node-error.ts";

type Answer = { readonly status: number; readonly chunks: readonly Buffer[]; readonly retryAfter: string | undefined };
type Limits = Pick<Dispatcher.DispatchOptions, "headersTimeout" | "bodyTimeout">;
export type ExchangeOptions = Pick<Dispatcher.DispatchOptions, "body" | "headers" | "path"> &
  Limits & {
    readonly method: "GET" | "POST" | "PUT" | "PATCH";
    /** Of the answer; the pool's own limit holds as well. */
    readonly maxBytes?: number;
  };

/** Bytes of answers that one pool holds at the same time: however many requests are under way, no more memory is taken. */
export type Held = { bytes: number; readonly most: number };

/** More than was asked for. */
export class AnswerTooLarge extends Error {
  override name = "AnswerTooLarge";
}

/** Answers to other requests take the room: no fault of this answer. */
export class NoRoomForAnswer extends Error {
  override name = "NoRoomForAnswer";
}

/** The answer, whose body is `textOf` or `bytesOf` its chunks. Rejects with undici's errors, and with the signal's reason once it aborts. */
export function exchange(
  pool: Dispatcher,
  { maxBytes = Number.POSITIVE_INFINITY, ...options }: ExchangeOptions,
  { signal, held }: { readonly signal: AbortSignal; readonly held: Held },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else pool.dispatch(options, new Exchange({ signal, held, maxBytes }, { resolve, reject }));
  });
}

/** Failures of a request on a connection that had answered before and died before the head of this one's answer. */
const diedIdle = new WeakSet<Error>();

/** Whether the server had closed the connection, or something on the way had, while nobody used it. */
export function hasDiedIdle(error: unknown): boolean {
  return error instanceof Error && diedIdle.has(error);
}

/** A connection, made anew when it breaks, that knows whether it has answered since. */
export class Line extends Client {
  hasAnswered = false;

  constructor(origin: URL, options: Client.Options) {
    super(origin, options);
    this.on("connect", () => {
      this.hasAnswered = false;
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Exchange) handler.line = this;
    return super.dispatch(options, handler);
  }
}

type Settle = { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void };

type Bounds = { readonly signal: AbortSignal; readonly held: Held; readonly maxBytes: number };
const joinedAtOnce = 256;

class Exchange implements Dispatcher.DispatchHandler {
  line: Line | null = null;
  /** Whether the connection had answered before this request went out on it. */
  #isReused = false;
  readonly #signal: AbortSignal;
  readonly #settle: Settle;
  readonly #onAbort = (): void => this.#abort();
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #retryAfter: string | undefined;
  #chunks: Buffer[] = [];
  /** Of the chunks, the last ones that aren't joined yet. */
  #loose = 0;
  #bytes = 0;
  readonly #maxBytes: number;
  readonly #held: Held;

  constructor({ signal, held, maxBytes }: Bounds, settle: Settle) {
    this.#signal = signal;
    this.#settle = settle;
    this.#maxBytes = maxBytes;
    this.#held = held;
    signal.addEventListener("abort", this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#isReused = this.line?.hasAnswered ?? false;
    // Aborted while it waited for a connection.
    if (this.#signal.aborted) this.#abort();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#retryAfter = headers["retry-after"];
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#held.bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      controller.abort(new AnswerTooLarge("more bytes of an answer than were expected"));
      return;
    }
    if (this.#held.bytes > this.#held.most) {
      controller.abort(new NoRoomForAnswer(`more than ${this.#held.most} bytes of answers at the same time`));
      return;
    }
    this.#chunks.push(chunk);
    this.#loose += 1;
    // A server may send byte by byte, and each buffer takes a hundred more.
    if (this.#loose === joinedAtOnce) {
      this.#chunks.push(Buffer.concat(this.#chunks.splice(-joinedAtOnce)));
      this.#loose = 0;
    }
  }

  #release(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#held.bytes -= this.#bytes;
    this.#bytes = 0;
  }

  onResponseEnd(): void {
    this.#release();
    if (this.line !== null) this.line.hasAnswered = true;
    this.#settle.resolve({ status: this.#status, chunks: this.#chunks, retryAfter: this.#retryAfter });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#release();
    this.#chunks = [];
    if (this.#isReused && this.#status === 0 && isBrokenOff(codeOf(error))) diedIdle.add(error);
    this.#settle.reject(error);
  }

  #abort(): void {
    const reason: unknown = this.#signal.reason;
    this.#settle.reject(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error("aborted"));
  }
}

/** Of a body, in memory of its own. */
export function bytesOf(chunks: readonly Buffer[]): Buffer {
  return Buffer.concat(chunks);
}

/** Joins long answers. A buffer for each of them would make the collector run every few pages of a scan. */
let joined: Buffer = Buffer.alloc(0);
const mostKept = 8_388_608;

/** Of a body. */
export function textOf(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first.toString("utf8");
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  if (size > mostKept) return Buffer.concat(chunks).toString("utf8");
  if (joined.length < size) joined = Buffer.alloc(Math.min(mostKept, size * 2));
  let end = 0;
  for (const chunk of chunks) end += chunk.copy(joined, end);
  return joined.toString("utf8", 0, end);
}
