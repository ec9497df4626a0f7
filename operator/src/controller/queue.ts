// The work queue: one pass per key at a time, wakes coalesced, delays, backoff after failures, a bound, a way to stop. Groups
// of keys take turns, and none takes every place: whoever has thousands of them, or slow ones, keeps nobody else waiting.
import type { Clock } from "#ports/clock.ts";
import { type Backoff, backoffMs } from "#timing/delay.ts";

/** How a pass ended: come again after a time, only when woken, or after a growing delay. */
export type ReconcileResult =
  | { readonly kind: "again"; readonly afterMs: number }
  | { readonly kind: "idle" }
  /** `mostMs`: what failed holds nothing up, so that no pass waits longer for it. */
  | { readonly kind: "failed"; readonly mostMs?: number };

export type QueueOptions<Key> = {
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  readonly concurrency: number;
  /** Most keys of a group known at once. */
  readonly maxKeys: number;
  readonly backoff: Backoff;
  /** What tells one key from another. */
  readonly idOf: (key: Key) => string;
  /** Whose turn it takes. */
  readonly groupOf: (key: Key) => string;
  /** One pass. A rejection counts as failed. */
  readonly handle: (key: Key, signal: AbortSignal) => Promise<ReconcileResult>;
};

type Entry<Key> = {
  readonly key: Key;
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
export class WorkQueue<Key> {
  readonly #options: QueueOptions<Key>;
  readonly #entries = new Map<string, Entry<Key>>();
  /** How many entries each group has. */
  readonly #sizes = new Map<string, number>();
  /** How many passes of each group are under way. */
  readonly #places = new Map<string, number>();
  /** By group, those whose turn comes first first; none is empty. */
  readonly #ready = new Map<string, Entry<Key>[]>();
  readonly #stopped = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: QueueOptions<Key>) {
    this.#options = options;
  }

  /** Keys that are ready or under way. */
  get depth(): number {
    return [...this.#ready.values()].reduce((sum, { length }) => sum + length, this.#running.size);
  }

  /** Asks for a pass as soon as possible. False when the bound is reached or the queue is stopped. */
  add(key: Key): boolean {
    if (this.#stopped.signal.aborted) return false;
    const id = this.#options.idOf(key);
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      const group = this.#options.groupOf(key);
      const size = this.#sizes.get(group) ?? 0;
      if (size >= this.#options.maxKeys) return false;
      addTo(this.#sizes, group, 1);
      const fresh: Entry<Key> = { key, state: "ready", failures: 0, cancel: () => undefined, dueAt: 0, dirty: false };
      this.#entries.set(id, fresh);
      this.#makeReady(fresh);
    } else if (entry.state === "running") entry.dirty = true;
    else if (entry.state === "waiting") this.#hurry(entry);
    this.#pump();
    return true;
  }

  /** Resolves when the passes under way have ended; they see their signal aborted. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const entry of this.#entries.values()) entry.cancel();
    this.#entries.clear();
    this.#sizes.clear();
    this.#ready.clear();
    await Promise.all(this.#running);
  }

  /** A wake ends a wait at once; after failures it only shortens it, so that own writes can't make a hot loop. */
  #hurry(entry: Entry<Key>): void {
    if (entry.failures === 0) {
      this.#makeReady(entry);
      return;
    }
    const remaining = entry.dueAt - this.#options.clock.elapsed();
    if (remaining <= this.#options.backoff.baseMs) return;
    entry.cancel();
    this.#wait(entry, this.#options.backoff.baseMs);
  }

  #makeReady(entry: Entry<Key>): void {
    entry.cancel();
    entry.state = "ready";
    const group = this.#options.groupOf(entry.key);
    const others = this.#ready.get(group);
    if (others === undefined) this.#ready.set(group, [entry]);
    else others.push(entry);
  }

  /** The first of the group whose turn it is, which then comes after all others. One place is left to other groups. */
  #next(): Entry<Key> | undefined {
    const most = Math.max(1, this.#options.concurrency - 1);
    for (const [group, entries] of this.#ready) {
      if ((this.#places.get(group) ?? 0) >= most) continue;
      const entry = entries.shift();
      this.#ready.delete(group);
      if (entries.length > 0) this.#ready.set(group, entries);
      return entry;
    }
    return undefined;
  }

  #forget({ key }: Entry<Key>): void {
    addTo(this.#sizes, this.#options.groupOf(key), -1);
    this.#entries.delete(this.#options.idOf(key));
  }

  #pump(): void {
    while (this.#running.size < this.#options.concurrency) {
      const entry = this.#next();
      if (entry === undefined) return;
      entry.state = "running";
      entry.dirty = false;
      const group = this.#options.groupOf(entry.key);
      addTo(this.#places, group, 1);
      const pass = this.#run(entry);
      this.#running.add(pass);
      void pass.finally(() => {
        this.#running.delete(pass);
        addTo(this.#places, group, -1);
        this.#pump();
      });
    }
  }

  async #run(entry: Entry<Key>): Promise<void> {
    let outcome: ReconcileResult;
    try {
      outcome = await this.#options.handle(entry.key, this.#stopped.signal);
    } catch {
      outcome = { kind: "failed" };
    }
    if (!this.#stopped.signal.aborted) this.#settle(entry, outcome);
  }

  #settle(entry: Entry<Key>, outcome: ReconcileResult): void {
    entry.failures = outcome.kind === "failed" ? entry.failures + 1 : 0;
    const { backoff, random } = this.#options;
    if (outcome.kind === "failed") {
      const { mostMs = backoff.capMs } = outcome;
      this.#wait(entry, backoffMs({ ...backoff, capMs: mostMs }, entry.failures, random()));
    } else if (entry.dirty) this.#makeReady(entry);
    else if (outcome.kind === "again") this.#wait(entry, outcome.afterMs);
    else this.#forget(entry);
  }

  #wait(entry: Entry<Key>, delayMs: number): void {
    entry.state = "waiting";
    entry.dueAt = this.#options.clock.elapsed() + delayMs;
    entry.cancel = this.#options.clock.after(delayMs, () => {
      if (entry.state !== "waiting" || this.#entries.get(this.#options.idOf(entry.key)) !== entry) return;
      this.#makeReady(entry);
      this.#pump();
    });
  }
}

/** Counts up or down; what is down to nothing is forgotten. */
function addTo(counts: Map<string, number>, group: string, more: number): void {
  const count = (counts.get(group) ?? 0) + more;
  if (count > 0) counts.set(group, count);
  else counts.delete(group);
}
