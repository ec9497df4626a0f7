// One configured store: its backend, its health as last probed, and how many requests use it.
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import { type Fault, faultOf, printable } from "@retriever/stores/errors.ts";
import {
  type Backend,
  type BackendAnswer,
  type BackendRequest,
  exactTimeoutMs,
  type ProbeFacts,
  unknownFacts,
} from "@retriever/stores/ports/backend.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import { boundedRemarks, type StoreStatus } from "#contract/status.ts";
import { makeExactLimiter } from "#core/exact-limiter.ts";
import { withDeadline } from "./deadline.ts";

const probeDeadlineMs = 2000;

type Deps = {
  readonly key: string;
  readonly identity: StoreIdentity;
  readonly timeoutMs: number;
  readonly backend: Backend;
  readonly clock: Clock;
  /** Remarks of a probe that the one before hadn't made. */
  readonly onRemarks?: (identity: StoreIdentity, remarks: readonly string[]) => void;
};

/** Health of a store as `/v1/status` reports it, without its place and role. */
type StoreHealth = Omit<StoreStatus, "store" | "role">;

export class StoreHandle {
  readonly key: string;
  readonly identity: StoreIdentity;
  readonly timeoutMs: number;
  /** Of the exact searches that measure recall for a migration. */
  readonly exactLimiter = makeExactLimiter();
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #onRemarks: Deps["onRemarks"];
  #facts: ProbeFacts | null = null;
  #probedAtMs: number | null = null;
  #lastOkAtMs: number | null = null;
  #lastError: StoreStatus["lastError"] = null;
  #isProbing = false;
  #inFlight = 0;
  #onIdle: (() => void) | null = null;

  constructor({ key, identity, timeoutMs, backend, clock, onRemarks }: Deps) {
    this.key = key;
    this.identity = identity;
    this.timeoutMs = timeoutMs;
    this.#backend = backend;
    this.#clock = clock;
    this.#onRemarks = onRemarks;
  }

  /** Vector size as last probed; null while unknown. */
  get dimension(): number | null {
    return this.#facts?.dimension ?? null;
  }

  /** `updated_at` of the newest chunk as last probed; null while unknown. */
  get newestUpdatedAt(): string | null {
    return this.#facts?.newestUpdatedAt ?? null;
  }

  /** Asks the store, within its deadline. Rejects with a RetrieverError. */
  async retrieve(request: BackendRequest): Promise<BackendAnswer> {
    this.#inFlight += 1;
    try {
      const answer = await withDeadline(this.timeoutMs, (signal) => this.#backend.retrieve(request, signal));
      this.#lastOkAtMs = this.#clock.monotonicMs();
      this.exactLimiter.onAnswer(answer.vectorMs, this.#lastOkAtMs);
      return atMost(request.k, answer);
    } catch (error) {
      const fault = faultOf(error);
      this.#note(fault);
      if (fault.code === "RETR_DEADLINE_EXCEEDED") {
        this.exactLimiter.onAnswer(this.timeoutMs, this.#clock.monotonicMs());
      }
      throw error;
    } finally {
      this.#release();
    }
  }

  /** The answer no index had a part in. */
  retrieveExact(request: BackendRequest, timeoutMs = exactTimeoutMs): Promise<BackendAnswer> {
    return this.retrieveUnnoted({ ...request, content: undefined, isExact: true, timeoutMs }, timeoutMs);
  }

  /** What no application asked for: its failures say nothing about how the store serves, so they aren't noted. */
  async retrieveUnnoted(request: BackendRequest, timeoutMs: number): Promise<BackendAnswer> {
    this.#inFlight += 1;
    try {
      return atMost(request.k, await withDeadline(timeoutMs, (signal) => this.#backend.retrieve(request, signal)));
    } finally {
      this.#release();
    }
  }

  /** Renews the facts. Never rejects; one at a time, as a slow store must not pile up probes. */
  async probe(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    this.#inFlight += 1;
    const facts = readable(await this.#askFacts());
    const known = this.#facts?.remarks ?? [];
    const remarks = (facts.remarks ?? []).filter((remark) => !known.includes(remark));
    if (remarks.length > 0) this.#onRemarks?.(this.identity, remarks);
    this.#facts = facts;
    this.#probedAtMs = this.#clock.monotonicMs();
    if (facts.fault === null) this.#lastOkAtMs = this.#probedAtMs;
    else this.#note(facts.fault);
    this.#isProbing = false;
    this.#release();
  }

  /** Closes the connections once no request uses them, after `graceMs` at the latest. */
  async retire(graceMs: number): Promise<void> {
    await this.#idle(graceMs);
    await this.#backend.close();
  }

  health(): StoreHealth {
    const { fault: _, remarks, filterFaults, ...facts } = this.#facts ?? { ...unknownFacts, fault: null };
    return {
      identity: this.identity,
      ...facts,
      ...(remarks === undefined ? {} : { remarks: boundedRemarks(remarks) }),
      ...(filterFaults === undefined ? {} : { filterFaults: [...filterFaults] }),
      probeAgeSeconds: this.#age(this.#probedAtMs),
      lastOkAgeSeconds: this.#age(this.#lastOkAtMs),
      lastError: this.#lastError,
    };
  }

  async #askFacts(): Promise<ProbeFacts> {
    try {
      return await withDeadline(probeDeadlineMs, (signal) => this.#backend.probe(signal));
    } catch (error) {
      return { ...unknownFacts, reachable: false, fault: faultOf(error) };
    }
  }

  /** A request's own fault and our own limits say nothing about the store. */
  #note({ code, message }: Fault): void {
    if (code === "RETR_REQUEST_INVALID" || code === "RETR_OVERLOADED") return;
    this.#lastError = { code, message, at: new Date(this.#clock.wallMs()).toISOString() };
  }

  #release(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  #idle(graceMs: number): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #age(sinceMs: number | null): number | null {
    return sinceMs === null ? null : Math.max(0, this.#clock.monotonicMs() - sinceMs) / 1000;
  }
}

/** Names of tables, indexes and roles stand in sentences that a person reads. */
function readable({ remarks, filterFaults, ...facts }: ProbeFacts): ProbeFacts {
  return {
    ...facts,
    ...(remarks && { remarks: remarks.map((each) => printable(each)) }),
    ...(filterFaults && { filterFaults: filterFaults.map((each) => printable(each)) }),
  };
}

/** A store that answers with more than it was asked for must not make an answer, or a comparison, longer. */
function atMost(k: number, answer: BackendAnswer): BackendAnswer {
  return answer.candidates.length <= k ? answer : { ...answer, candidates: answer.candidates.slice(0, k) };
}
