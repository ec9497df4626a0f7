// The work queue: one pass per key at a time, wakes coalesced, delays, backoff after failures, a bound, a way to stop.
import type { Clock } from "#ports/clock.ts";
import { type Backoff, backoffMs } from "#timing/backoff.ts";

/** How a pass ended: look again after a time, only when woken, or after a growing delay. */
export type Outcome =
  | { readonly kind: "again"; readonly afterMs: number }
  | { readonly kind: "idle" }
  | { readonly kind: "failed" };

export type QueueOptions = {
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  readonly concurrency: number;
  /** Most keys known at once. */
  readonly maxKeys: number;
  readonly backoff: Backoff;
  /** One pass. A rejection counts as failed. */
  readonly handle: (key: string, signal: AbortSignal) => Promise<Outcome>;
};

type Entry = {
  state: "waiting" | "ready" | "running";
  failures: number;
  /** Gives up the timer of a waiting entry. */
  cancel: () => void;
  /** Clock.elapsed() at which a waiting entry is due. */
  dueAt: number;
  /** Woken while running: the pass may have read what was before. */
  dirty: boolean;
};

/** Keys in, passes out. After `stop()` nothing begins. */
export class WorkQueue {
  readonly #options: QueueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ready: string[] = [];
  readonly #stopped = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Keys that are ready or under way. */
  get depth(): number {
    return this.#ready.length + this.#running.size;
  }

  /** Asks for a pass as soon as possible. False when the bound is reached or the queue is stopped. */
  add(key: string): boolean {
    if (this.#stopped.signal.aborted) return false;
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= this.#options.maxKeys) return false;
      this.#entries.set(key, { state: "ready", failures: 0, cancel: () => undefined, dueAt: 0, dirty: false });
      this.#ready.push(key);
    } else if (entry.state === "running") entry.dirty = true;
    else if (entry.state === "waiting") this.#hurry(key, entry);
    this.#pump();
    return true;
  }

  /** Resolves when the passes under way have ended; they see their signal aborted. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const entry of this.#entries.values()) entry.cancel();
    this.#entries.clear();
    this.#ready.length = 0;
    await Promise.all(this.#running);
  }

  /** A wake ends a wait at once; after failures it only shortens it, so that own writes can't make a hot loop. */
  #hurry(key: string, entry: Entry): void {
    if (entry.failures === 0) {
      this.#makeReady(key, entry);
      return;
    }
    const remaining = entry.dueAt - this.#options.clock.elapsed();
    if (remaining <= this.#options.backoff.baseMs) return;
    entry.cancel();
    this.#wait(key, entry, this.#options.backoff.baseMs);
  }

  #makeReady(key: string, entry: Entry): void {
    entry.cancel();
    entry.state = "ready";
    this.#ready.push(key);
  }

  #pump(): void {
    while (this.#running.size < this.#options.concurrency) {
      const key = this.#ready.shift();
      const entry = key === undefined ? undefined : this.#entries.get(key);
      if (key === undefined || entry === undefined) return;
      entry.state = "running";
      entry.dirty = false;
      const pass = this.#run(key, entry);
      this.#running.add(pass);
      void pass.finally(() => {
        this.#running.delete(pass);
        this.#pump();
      });
    }
  }

  async #run(key: string, entry: Entry): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await this.#options.handle(key, this.#stopped.signal);
    } catch {
      outcome = { kind: "failed" };
    }
    if (!this.#stopped.signal.aborted) this.#settle(key, entry, outcome);
  }

  #settle(key: string, entry: Entry, outcome: Outcome): void {
    entry.failures = outcome.kind === "failed" ? entry.failures + 1 : 0;
    const { backoff, random } = this.#options;
    if (outcome.kind === "failed") this.#wait(key, entry, backoffMs(backoff, entry.failures, random()));
    else if (entry.dirty) this.#makeReady(key, entry);
    else if (outcome.kind === "again") this.#wait(key, entry, outcome.afterMs);
    else this.#entries.delete(key);
  }

  #wait(key: string, entry: Entry, delayMs: number): void {
    entry.state = "waiting";
    entry.dueAt = this.#options.clock.elapsed() + delayMs;
    entry.cancel = this.#options.clock.after(delayMs, () => {
      if (entry.state !== "waiting" || this.#entries.get(key) !== entry) return;
      this.#makeReady(key, entry);
      this.#pump();
    });
  }
}
