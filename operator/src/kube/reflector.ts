// List and watch of one collection, for ever: what it sees only wakes the queue. Survives every fault with backoff.
import { asOperatorError, hasCode, type OperatorError } from "#errors.ts";
import type { Clock } from "#ports/clock.ts";
import { type Backoff, backoffMs, sleep } from "#timing/delay.ts";
import type { KubeObject } from "./documents.ts";
import type { KubeConnection } from "./kube-access.ts";
import type { KubeRequest } from "./kube-request.ts";
import { eachPage, listPage, restartOnce } from "./listing.ts";
import type { Place } from "./resources.ts";
import { readWatch } from "./watch-stream.ts";

type ReflectorOptions = {
  readonly connection: KubeConnection;
  readonly request: KubeRequest;
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  readonly place: Place;
  readonly query: Readonly<Record<string, string>>;
  /** A watch without a byte for this long is given up; bookmarks arrive about once a minute. */
  readonly inactivityMs: number;
  /** Everything is listed this often, however well the watch seems to be. */
  readonly resyncMs: number;
  readonly backoff: Backoff;
  /**
   * Called when a list begins: takes its pages one by one and hears of its end. A list that fails has no end, and begins
   * anew. Absent: nobody needs the objects, so that only the version to watch from is asked for.
   */
  readonly onList?: (() => ListReader) | undefined;
  readonly onEvent: (type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject) => void;
  /** Told of every fault, and of whether the watch ended with it: for log and metrics. */
  readonly onFault: (fault: OperatorError, of: "watch" | "resync") => void;
};

/** Reads one list. Holds nothing of its own accord: a page is gone once it was read. */
export type ListReader = {
  readonly page: (items: readonly KubeObject[]) => void;
  readonly end: () => void;
};

/** How long the server may keep one watch open. */
const watchSeconds = 300;

/** A list-watch loop with a start and a stop. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #stopped = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #listedAt: number | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
  }

  /** Clock.elapsed() when the newest complete list began; undefined before the first. */
  get listedAt(): number | undefined {
    return this.#listedAt;
  }

  start(): void {
    this.#loops = Promise.all([this.#watchLoop(), this.#resyncLoop()]);
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loops;
  }

  async #watchLoop(): Promise<void> {
    const { signal } = this.#stopped;
    let version = "";
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (version === "") version = await this.#list();
        version = await this.#watch(version, () => {
          failures = 0;
        });
      } catch (fault) {
        if (signal.aborted) return;
        failures += 1;
        this.#report(fault, "watch");
        // After any fault the version is in doubt only when the server said so; but a list costs little and heals all.
        version = "";
        await this.#pause(fault, failures);
      }
    }
  }

  /** Independent of the watch: a stream that brings bookmarks but loses events is healed here. */
  async #resyncLoop(): Promise<void> {
    const { clock, resyncMs, random } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await sleep(clock, resyncMs * (0.8 + 0.2 * random()), signal);
      if (signal.aborted) return;
      try {
        await this.#list();
      } catch (fault) {
        if (!this.#stopped.signal.aborted) this.#report(fault, "resync");
      }
    }
  }

  async #list(): Promise<string> {
    const { request, place, query, clock, onList } = this.#options;
    const { signal } = this.#stopped;
    const from = clock.elapsed();
    const version = await restartOnce(async () => {
      if (onList === undefined)
        return (await listPage(request, { place, query: { ...query, limit: "1" } }, "", signal)).resourceVersion;
      const reader = onList();
      const page: ListReader["page"] = (items) => {
        if (!signal.aborted) reader.page(items);
      };
      const listed = await eachPage(request, { place, query }, page, signal);
      if (!signal.aborted) reader.end();
      return listed;
    });
    this.#listedAt = Math.max(from, this.#listedAt ?? 0);
    return version;
  }

  /** One stream; resolves with the last version seen when the server ends it in order. */
  async #watch(from: string, onLife: () => void): Promise<string> {
    const { connection, place, query, inactivityMs, clock, onEvent } = this.#options;
    const { signal } = this.#stopped;
    let version = from;
    const opened = clock.elapsed();
    await readWatch(
      { connection, place, query, resourceVersion: from, inactivityMs, timeoutSeconds: watchSeconds, clock, signal },
      (event) => {
        onLife();
        version = event.object.metadata?.resourceVersion ?? version;
        if (event.type !== "BOOKMARK" && !signal.aborted) onEvent(event.type, event.object);
      },
    );
    // A server that ends each stream at once must not be asked in a tight loop.
    if (clock.elapsed() - opened < 1000) await this.#pause(undefined, 1);
    return version;
  }

  #report(fault: unknown, of: "watch" | "resync"): void {
    // An expired version is an ordinary event of a watch's life, healed by the next list.
    if (!hasCode(fault, "ROP_EXPIRED")) this.#options.onFault(asOperatorError(fault), of);
  }

  async #pause(fault: unknown, failures: number): Promise<void> {
    const { clock, backoff, random } = this.#options;
    if (hasCode(fault, "ROP_EXPIRED") && failures === 1) return;
    await sleep(clock, backoffMs(backoff, failures, random()), this.#stopped.signal);
  }
}
