// Writes the audit trail beside the loop: a reconcile hands its record over and goes on, writes happen one at a time.
// What is remembered here only saves requests: where a chain ends is read from the cluster.

import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { draftCounters, draftDecision, gistOf, isCounting, isDecisive, type ReconcileRecord } from "#audit/draft.ts";
import type { Announcement } from "#core/model/decision.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { type AuditDraft, type AuditRecord, seal } from "#core/status/audit-record.ts";
import { asOperatorError, hasCode } from "#errors.ts";
import type { AuditStore, StoredEnd } from "#ports/audit-store.ts";
import type { Clock } from "#ports/clock.ts";
import { faultFields, type Logger } from "#telemetry/logger.ts";
import type { Metrics } from "#telemetry/metrics.ts";
import { within } from "#timing/deadline.ts";
import { type Backoff, backoffMs } from "#timing/delay.ts";

type RecorderOptions = {
  readonly store: AuditStore;
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Of one request to the store, in ms. */
  readonly deadlineMs: number;
  /** Gets every record once it is kept. */
  readonly print?: ((record: AuditRecord) => void) | undefined;
  /** Told when all that is known of a migration that has ended is on record; `seq` of its last record, where it is known. */
  readonly onRest?: (meta: MigrationMeta, seq: number | undefined) => void;
  readonly recordEvents: (meta: MigrationMeta, messages: readonly Announcement[], signal: AbortSignal) => Promise<void>;
};

/** Counters are kept once a minute; so is a decision that only repeats the one before. */
const everyMs = 60_000;
const maxBooks = 1000;
/** Records that wait, over all migrations: a few MiB. */
const maxWaiting = 200;
const failuresUntilTold = 3;
/** More than an hour and a half of a store that can't be written. */
const maxFailures = 100;
const backoff: Backoff = { baseMs: 1000, capMs: 60_000 };

/** More acts than one pass observes. */
const mostActs = 200;

type Attempt = { readonly draft: AuditDraft; readonly record: AuditRecord };
type Book = {
  meta: MigrationMeta;
  hasEnded: boolean;
  readonly drafts: AuditDraft[];
  end: StoredEnd | undefined;
  /** The last write without an answer: it may have happened. */
  attempt: Attempt | undefined;
  /** Epoch ms of the reconcile whose counters were kept last. */
  countersAt: number;
  gist: string;
  gistAt: number;
  /** Records given up since the last one that was kept. */
  missing: number;
  failures: number;
  /** Clock.elapsed() before which nothing is tried. */
  notBefore: number;
  /** UIDs of acts that records tell of which are kept, or given up: nothing more will be known of them. */
  onRecord: ReadonlySet<string>;
};

/** Takes reconciles, writes records one after the other. After `close()` nothing is written. */
export class AuditRecorder {
  readonly #options: RecorderOptions;
  readonly #books = new Map<string, Book>();
  readonly #stopped = new AbortController();
  /** UIDs of the acts that a draft tells of. */
  readonly #actsOf = new WeakMap<AuditDraft, readonly string[]>();
  #work: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Takes note of a reconcile and returns at once; never throws. What couldn't be written before is tried again. */
  record(reconcile: ReconcileRecord): void {
    if (this.#stopped.signal.aborted) return;
    try {
      const { meta, status } = reconcile.input.migration;
      // Of many that are over, and that nothing is written of, no book is kept.
      if (isFinalPhase(status.phase) && !this.#books.has(meta.uid) && !isDecisive(reconcile)) {
        this.#options.onRest?.(meta, undefined);
        return;
      }
      const book = this.#bookOf(reconcile);
      this.#note(book, reconcile);
      this.#rest(book);
    } catch (fault) {
      this.#options.metrics.count("retriever_evidence_records_total", { result: asOperatorError(fault).code });
      this.#options.log.error(faultFields(fault), "no audit record of a reconcile");
    }
    this.#start();
  }

  /** Whether an act, by its migration's UID and its own, stands in the evidence. False after a start, until it is told of again. */
  isOnRecord(migrationUid: string, actUid: string): boolean {
    return this.#books.get(migrationUid)?.onRecord.has(actUid) ?? false;
  }

  /** Tries once more what still waits, for at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const cancel = this.#options.clock.after(graceMs, () => this.#stopped.abort());
    await this.#work;
    for (const book of this.#books.values()) book.notBefore = 0;
    this.#start();
    await this.#work;
    cancel();
    this.#stopped.abort();
  }

  #bookOf({ input, decision }: ReconcileRecord): Book {
    const { meta } = input.migration;
    const hasEnded = isFinalPhase(decision.status.phase);
    const known = this.#books.get(meta.uid);
    if (known !== undefined) {
      known.meta = meta;
      known.hasEnded = hasEnded;
      return known;
    }
    if (this.#books.size >= maxBooks) this.#forgetOne();
    const book = { ...newBook(meta, input.now), hasEnded };
    this.#books.set(meta.uid, book);
    return book;
  }

  #forgetOne(): void {
    const books = [...this.#books.values()];
    const book = books.find(({ drafts }) => drafts.length === 0) ?? books[0];
    if (book === undefined) return;
    this.#giveUp(book, book.drafts.length);
    this.#books.delete(book.meta.uid);
  }

  #note(book: Book, reconcile: ReconcileRecord): void {
    const { now } = reconcile.input;
    const isOver = (since: number) => Math.abs(now - since) >= everyMs;
    if (isDecisive(reconcile)) {
      const gist = gistOf(reconcile);
      if (gist === book.gist && !isOver(book.gistAt)) return;
      book.gist = gist;
      book.gistAt = now;
      const draft = draftDecision(reconcile);
      const { acts } = reconcile.input.observation;
      this.#actsOf.set(draft, acts.ok ? acts.value.map(({ uid }) => uid) : []);
      this.#queue(book, draft);
    } else if (isCounting(reconcile.decision.status) && isOver(book.countersAt)) {
      book.countersAt = now;
      this.#queue(book, draftCounters(reconcile));
    }
  }

  /** When too much waits, the oldest of whoever has most of it goes; its next record says how many are missing. */
  #queue(book: Book, draft: AuditDraft): void {
    book.drafts.push(draft);
    const waiting = new Map<string, number>();
    for (const { meta, drafts } of this.#books.values())
      waiting.set(meta.namespace, (waiting.get(meta.namespace) ?? 0) + drafts.length);
    if ([...waiting.values()].reduce((sum, one) => sum + one, 0) > maxWaiting) this.#giveUp(this.#fullest(waiting), 1);
  }

  /** By namespace first: where nothing can be written, records take no other's place, however many migrations lie there. */
  #fullest(waiting: ReadonlyMap<string, number>): Book {
    const most = Math.max(...waiting.values());
    const among = [...this.#books.values()].filter(({ meta }) => waiting.get(meta.namespace) === most);
    return among.reduce((fullest, book) => (book.drafts.length > fullest.drafts.length ? book : fullest));
  }

  #giveUp(book: Book, count: number): void {
    for (const draft of book.drafts.splice(0, count)) this.#settle(book, draft);
    book.missing += count;
    for (let one = 0; one < count; one += 1)
      this.#options.metrics.count("retriever_evidence_records_total", { result: "dropped" });
  }

  #start(): void {
    this.#work ??= this.#workOff().finally(() => {
      this.#work = undefined;
    });
  }

  async #workOff(): Promise<void> {
    for (let book = this.#nextDue(); book !== undefined; book = this.#nextDue()) await this.#write(book);
  }

  #nextDue(): Book | undefined {
    if (this.#stopped.signal.aborted) return undefined;
    const elapsed = this.#options.clock.elapsed();
    for (const book of this.#books.values()) if (book.drafts.length > 0 && book.notBefore <= elapsed) return book;
    return undefined;
  }

  async #write(book: Book): Promise<void> {
    try {
      await this.#append(book);
      book.failures = 0;
      this.#options.metrics.count("retriever_evidence_records_total", { result: "done" });
    } catch (fault) {
      book.end = undefined;
      if (!this.#stopped.signal.aborted) await this.#fail(book, fault);
    }
  }

  /** One record. Whether a write without an answer happened is seen at the chain's end. */
  async #append(book: Book): Promise<void> {
    const end = book.end ?? (await this.#ask("read", (signal) => this.#options.store.readEnd(book.meta, signal)));
    if (book.attempt !== undefined && end.hash === book.attempt.record.hash) return this.#kept(book, book.attempt, end);
    const draft = book.drafts[0];
    if (draft === undefined) return;
    const record = seal({ ...draft, missing: book.missing }, end);
    const attempt = { draft, record };
    book.attempt = attempt;
    const next = await this.#ask("write", (signal) => this.#options.store.append(book.meta, end, record, signal));
    this.#kept(book, attempt, next);
  }

  #settle(book: Book, draft: AuditDraft): void {
    const acts = this.#actsOf.get(draft) ?? [];
    book.onRecord = new Set([...acts, ...book.onRecord].slice(0, mostActs));
  }

  #kept(book: Book, { draft, record }: Attempt, end: StoredEnd): void {
    this.#settle(book, draft);
    book.end = end;
    book.attempt = undefined;
    book.missing -= record.missing;
    const at = book.drafts.indexOf(draft);
    if (at !== -1) book.drafts.splice(at, 1);
    // Given up while it was being written, and there after all.
    else book.missing = Math.max(0, book.missing - 1);
    this.#options.print?.(record);
    this.#rest(book);
  }

  #rest({ meta, drafts, end, hasEnded }: Book): void {
    if (drafts.length === 0 && hasEnded) this.#options.onRest?.(meta, end?.seq);
  }

  async #fail(book: Book, fault: unknown): Promise<void> {
    const { clock, random, log, metrics, recordEvents } = this.#options;
    const { code, message } = asOperatorError(fault);
    metrics.count("retriever_evidence_records_total", { result: code });
    book.failures += 1;
    // Somebody else wrote: the end is read again at once, and no more than once.
    const delay =
      hasCode(fault, "ROP_CONFLICT") && book.failures === 1 ? 0 : backoffMs(backoff, book.failures, random());
    book.notBefore = clock.elapsed() + delay;
    if (book.failures === maxFailures) this.#giveUp(book, book.drafts.length);
    if (book.failures !== failuresUntilTold) return;
    const { namespace, name } = book.meta;
    log.warn({ migration: `${namespace}/${name}`, ...faultFields(fault) }, "audit record not kept");
    const text = `Evidence can't be kept (${message}); the migration goes on, and what waits is written when it can be.`;
    await recordEvents(
      book.meta,
      [{ type: "Warning", reason: "EvidenceNotKept", message: text, severity: null }],
      this.#stopped.signal,
    );
  }

  #ask<T>(what: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, deadlineMs } = this.#options;
    return within({ clock, deadlineMs, signal: this.#stopped.signal, about: `${what} evidence` }, call);
  }
}

function newBook(meta: MigrationMeta, now: number): Book {
  return {
    meta,
    hasEnded: false,
    drafts: [],
    end: undefined,
    attempt: undefined,
    // The first minute's counters come after a minute, however often the operator starts.
    countersAt: now,
    gist: "",
    gistAt: 0,
    missing: 0,
    failures: 0,
    notBefore: 0,
    onRecord: new Set(),
  };
}
