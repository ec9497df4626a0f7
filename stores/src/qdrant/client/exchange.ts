// One request and its whole answer, straight off undici's dispatcher: its streams cost more than the rest of a request.
import type { Dispatcher, Pool } from "undici";

type Answer = { readonly status: number; readonly text: string };
type Limits = Pick<Dispatcher.DispatchOptions, "headersTimeout" | "bodyTimeout">;
export type ExchangeOptions = Pick<Dispatcher.DispatchOptions, "body" | "headers" | "path"> &
  Limits & { readonly method: "GET" | "POST" | "PUT" };

/** The answer as text. Rejects with undici's errors, and with the signal's reason once it aborts. */
export function exchange(pool: Pool, options: ExchangeOptions, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else pool.dispatch(options, new Exchange(signal, { resolve, reject }));
  });
}

type Settle = { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void };

class Exchange implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  readonly #settle: Settle;
  readonly #onAbort = (): void => this.#abort();
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #chunks: Buffer[] = [];

  constructor(signal: AbortSignal, settle: Settle) {
    this.#signal = signal;
    this.#settle = settle;
    signal.addEventListener("abort", this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Aborted while it waited for a connection.
    if (this.#signal.aborted) this.#abort();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    const [first] = this.#chunks;
    const whole = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#settle.resolve({ status: this.#status, text: whole.toString("utf8") });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#settle.reject(error);
  }

  #abort(): void {
    const reason: unknown = this.#signal.reason;
    this.#settle.reject(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error("aborted"));
  }
}
