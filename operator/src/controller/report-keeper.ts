// Writes the report of a migration that has ended, beside the loop and one at a time. Whether it is there is asked of the
// cluster once in a process; what is remembered here only saves requests.
import { setImmediate } from "node:timers/promises";
import type { Announcement } from "#core/model/decision.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { asOperatorError, OperatorError } from "#errors.ts";
import type { AuditStore, EvidenceReader, KeptChain, ReportStore } from "#ports/audit-store.ts";
import type { Clock } from "#ports/clock.ts";
import { boundedReport } from "#report/bounded-report.ts";
import { ReportReader } from "#report/read-report.ts";
import type { Report } from "#report/report.ts";
import { faultFields, type Logger } from "#telemetry/logger.ts";
import type { Metrics } from "#telemetry/metrics.ts";
import { within } from "#timing/deadline.ts";
import { type Backoff, backoffMs, sleep } from "#timing/delay.ts";

type ReportKeeperOptions = {
  readonly evidence: Pick<AuditStore, "readEnd"> & Pick<EvidenceReader, "readChain">;
  readonly reports: ReportStore;
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Of one request, in ms. */
  readonly deadlineMs: number;
  readonly recordEvents: (meta: MigrationMeta, messages: readonly Announcement[], signal: AbortSignal) => Promise<void>;
};

const mostMigrations = 1000;
const backoff: Backoff = { baseMs: 1000, capMs: 600_000 };
const failuresUntilTold = 3;
/** About an hour and a half; after that it is tried by the next process, or with the next record. */
const mostFailures = 18;
/** A chain is some twenty maps. */
const deadlinesOfAChain = 10;
/** After a start each migration that is over is asked about once; those that are under way come first. */
const betweenMs = 20;
/** Records that are read at a stretch: a record may be 128 KiB. */
const recordsAtOnce = 8;

/** `seq` of the last record that the report tells of; -1 where that isn't known. */
type Standing = { meta: MigrationMeta; seq: number; failures: number; cancel: () => void };

export class ReportKeeper {
  readonly #options: ReportKeeperOptions;
  readonly #standings = new Map<string, Standing>();
  readonly #due = new Set<Standing>();
  readonly #stopped = new AbortController();
  #work: Promise<void> | undefined;

  constructor(options: ReportKeeperOptions) {
    this.#options = options;
  }

  /** All that is known of a migration that has ended is on record, up to `seq` where that is known. Returns at once, never throws. */
  keep(meta: MigrationMeta, seq: number | undefined): void {
    if (this.#stopped.signal.aborted || meta.deleting) return;
    const standing = this.#standingOf(meta);
    if (standing.seq >= (seq ?? 0)) return;
    if (standing.failures >= mostFailures && seq === undefined) return;
    this.#begin(standing);
  }

  /** Resolves when nothing is under way; nothing begins afterwards. */
  async close(): Promise<void> {
    this.#stopped.abort();
    for (const { cancel } of this.#standings.values()) cancel();
    this.#due.clear();
    await this.#work;
  }

  #standingOf(meta: MigrationMeta): Standing {
    const known = this.#standings.get(meta.uid) ?? { meta, seq: -1, failures: 0, cancel: () => undefined };
    known.meta = meta;
    this.#standings.delete(meta.uid);
    const oldest = this.#standings.keys().next().value;
    if (this.#standings.size >= mostMigrations && oldest !== undefined) {
      this.#standings.get(oldest)?.cancel();
      this.#standings.delete(oldest);
    }
    this.#standings.set(meta.uid, known);
    return known;
  }

  #begin(standing: Standing): void {
    standing.cancel();
    this.#due.add(standing);
    this.#work ??= this.#workOff().finally(() => {
      this.#work = undefined;
    });
  }

  async #workOff(): Promise<void> {
    for (const standing of this.#due) {
      this.#due.delete(standing);
      try {
        standing.seq = await this.#write(standing.meta);
        standing.failures = 0;
        this.#options.metrics.count("retriever_reports_total", { result: "done" });
      } catch (fault) {
        if (!this.#stopped.signal.aborted) await this.#fail(standing, fault);
      }
      if (this.#due.size > 0) await sleep(this.#options.clock, betweenMs, this.#stopped.signal);
    }
  }

  /** The last record that the report tells of. */
  async #write(meta: MigrationMeta): Promise<number> {
    const { evidence, reports } = this.#options;
    const end = await this.#ask(1, (signal) => evidence.readEnd(meta, signal));
    if ((await this.#ask(1, (signal) => reports.readHash(meta, signal))) === end.hash) return end.seq;
    const chain = await this.#ask(deadlinesOfAChain, (signal) => evidence.readChain(meta, signal));
    const report = chain === undefined ? undefined : await this.#read(meta, chain);
    // Nothing that can be read: there is nothing to tell.
    if (chain === undefined || report === undefined) return end.seq;
    if (!report.result.isFinal)
      throw new OperatorError("ROP_CONFLICT", `the evidence ends with ${report.result.phase}, the migration doesn't`);
    const { seq, hash } = chain.end ?? end;
    const files = boundedReport(report);
    await this.#ask(1, (signal) => reports.write(meta, { hash, files }, signal));
    return seq;
  }

  async #read(meta: MigrationMeta, { lines, ...ends }: KeptChain): Promise<Report | undefined> {
    const reader = new ReportReader(meta, ends);
    for (const [index, line] of lines.entries()) {
      if (index % recordsAtOnce === 0) await setImmediate(undefined, { signal: this.#stopped.signal });
      reader.add(line);
    }
    return reader.report();
  }

  async #fail(standing: Standing, fault: unknown): Promise<void> {
    const { clock, random, log, metrics, recordEvents } = this.#options;
    const { code, message } = asOperatorError(fault);
    metrics.count("retriever_reports_total", { result: code });
    standing.failures += 1;
    if (standing.failures < mostFailures)
      standing.cancel = clock.after(backoffMs(backoff, standing.failures, random()), () => this.#begin(standing));
    if (standing.failures !== failuresUntilTold) return;
    const { meta } = standing;
    log.warn({ migration: `${meta.namespace}/${meta.name}`, ...faultFields(fault) }, "report not kept");
    const text = `The report can't be kept (${message}); kubectl retriever report ${meta.name} -n ${meta.namespace} makes it from the evidence.`;
    const told: Announcement = { type: "Warning", reason: "ReportNotKept", message: text, severity: null };
    await recordEvents(meta, [told], this.#stopped.signal);
  }

  #ask<T>(deadlines: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, deadlineMs } = this.#options;
    const { signal } = this.#stopped;
    return within({ clock, deadlineMs: deadlines * deadlineMs, signal, about: "report" }, call);
  }
}
