// Sends each notification of the outboxes to its sinks, beside the loop, and keeps the answers until a status has them.
// What is lost with the process is sent again under the same key, so a sink may see it twice.
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { Delivery } from "#core/model/observation.ts";
import type { Sinks } from "#ports/sinks.ts";

type NotifierOptions = {
  readonly sinks: Sinks;
  /** Told of every answer, for metrics and logs. */
  readonly report?: (sink: string, error: string | null) => void;
};

/** Most messages under way and most answers kept; what is beyond waits for a later reconcile. */
const mostAtOnce = 64;
const mostAnswers = 1000;
const longestError = 120;

/** At-least-once delivery: `answers` are handed to the next reconcile, and forgotten once its status is written. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #stop = new AbortController();
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #answers = new Map<string, Delivery>();

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** What sinks answered about this migration's messages and no status has yet. */
  answers(meta: Pick<MigrationMeta, "uid">): readonly Delivery[] {
    return [...this.#answers.values()].filter(({ key }) => key.startsWith(`${meta.uid}/`));
  }

  /** These answers stand in a status now. */
  forget(answers: readonly Delivery[]): void {
    for (const answer of answers) this.#answers.delete(idOf(answer.key, answer.sink));
  }

  /** Sends what is due and neither under way nor answered. Never waits, never throws. */
  send(meta: MigrationMeta, outbox: readonly OutboxMessage[], now: number): void {
    for (const message of outbox) {
      if (Date.parse(message.nextAttemptAt) > now) continue;
      for (const sink of message.pending) this.#begin(meta, message, sink);
    }
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.idle();
    await this.#options.sinks.close();
  }

  #begin(meta: MigrationMeta, message: OutboxMessage, sink: string): void {
    const id = idOf(message.key, sink);
    const isFull = this.#underWay.size >= mostAtOnce || this.#answers.size >= mostAnswers;
    if (isFull || this.#underWay.has(id) || this.#answers.has(id) || this.#stop.signal.aborted) return;
    this.#underWay.set(id, this.#carry(meta, message, sink));
  }

  async #carry({ namespace, name }: MigrationMeta, message: OutboxMessage, sink: string): Promise<void> {
    const id = idOf(message.key, sink);
    const { key, kind, text, at } = message;
    let error: string | null = null;
    try {
      const content = { namespace, migration: name, message: { key, kind, text, at } };
      await this.#options.sinks.send(sink, content, this.#stop.signal);
    } catch (fault) {
      error = (fault instanceof Error ? fault.message : "unknown fault").slice(0, longestError);
    }
    this.#underWay.delete(id);
    // A process that stops has learnt nothing about the sink.
    if (this.#stop.signal.aborted && error !== null) return;
    this.#answers.set(id, { key, sink, error });
    this.#options.report?.(sink, error);
  }
}

function idOf(key: string, sink: string): string {
  return `${key} ${sink}`;
}
