// Sends each notification of the outboxes to its sinks, beside the loop, and keeps the answers until a status has them.
// What is lost with the process is sent again under the same key, so a sink may see it twice.
import { isOpenIncident, type OutboxMessage, triesOf } from "@retriever/crds/status/outbox-status.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { Delivery } from "#core/model/observation.ts";
import type { MessageDetails, SinkMessage, Sinks } from "#ports/sinks.ts";
import { SinkFault } from "./sink-fault.ts";

type NotifierOptions = {
  readonly sinks: Sinks;
  /** Told of every answer, for metrics and logs. */
  readonly report?: (sink: string, error: string | null) => void;
};

/** What is to be told of one migration. */
type Outbox = {
  readonly messages: readonly OutboxMessage[];
  readonly details?: (message: OutboxMessage) => MessageDetails | undefined;
  /** Epoch ms. */
  readonly now: number;
};

/** Most messages under way; what is beyond waits for a later reconcile. */
const mostAtOnce = 64;
/** Of one sink: one that hangs leaves room for the others. */
const mostAtSink = 16;
/** With the first of each namespace at each sink, which has room beyond that: nobody waits for what others send, and where. */
const mostInAll = 512;
/** A migration that is gone fetches its answers no more, so that the oldest make room; at worst a message is sent again. */
const mostAnswers = 1000;
const longestError = 120;
/** A sink that forgets incidents hears of one that stands so often, ms. */
const sayAgainMs = 60_000;

type UnderWay = { readonly sink: string; readonly namespace: string; readonly sent: Promise<void> };

/** At-least-once delivery: `answers` are handed to the next reconcile, and forgotten once its status is written. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #stop = new AbortController();
  readonly #underWay = new Map<string, UnderWay>();
  readonly #answers = new Map<string, Delivery>();
  /** When an incident was said last to a sink that forgets it, epoch ms. */
  readonly #saidAgain = new Map<string, number>();

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
  send(meta: MigrationMeta, { messages, details, now }: Outbox): void {
    // What ends an incident must not come before what began it.
    const before = new Set<string>();
    for (const message of messages) {
      const { incident } = message;
      const said = contentOf(meta, message, details?.(message));
      for (const sink of message.pending) {
        const isSecond = incident !== undefined && before.has(idOf(incident, sink));
        if (!isSecond && Date.parse(triesOf(message, sink).nextAttemptAt) <= now) this.#begin(said, sink);
        if (incident !== undefined) before.add(idOf(incident, sink));
      }
      if (isOpenIncident(message, messages)) this.#sayAgain(said, message.delivered ?? [], now);
    }
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all([...this.#underWay.values()].map(({ sent }) => sent));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.idle();
    await this.#options.sinks.close();
  }

  #begin(said: SinkMessage, sink: string): void {
    const id = idOf(said.message.key, sink);
    if (this.#answers.has(id) || !this.#hasRoom(said, sink)) return;
    this.#underWay.set(id, { sink, namespace: said.namespace, sent: this.#carry(said, sink) });
  }

  /** An incident still stands; nobody waits for the answer, which the next time repeats. */
  #sayAgain(said: SinkMessage, sinks: readonly string[], now: number): void {
    for (const sink of sinks.filter((one) => this.#options.sinks.forgets(one))) {
      const id = idOf(said.message.key, sink);
      const last = this.#saidAgain.get(id);
      // A clock that was put back must not silence it until it has caught up.
      const isFresh = last !== undefined && Math.abs(now - last) < sayAgainMs;
      if (isFresh || !this.#hasRoom(said, sink)) continue;
      // Ids of incidents that are over go with the oldest.
      if (this.#saidAgain.size >= mostAnswers) this.#saidAgain.clear();
      this.#saidAgain.set(id, now);
      const sent = this.#post(said, sink).then(() => void this.#underWay.delete(id));
      this.#underWay.set(id, { sink, namespace: said.namespace, sent });
    }
  }

  #hasRoom({ namespace, message }: SinkMessage, sink: string): boolean {
    const { size } = this.#underWay;
    if (size >= mostInAll || this.#underWay.has(idOf(message.key, sink)) || this.#stop.signal.aborted) return false;
    const atSink = [...this.#underWay.values()].filter((one) => one.sink === sink);
    if (!atSink.some((one) => one.namespace === namespace)) return true;
    return size < mostAtOnce && atSink.length < mostAtSink;
  }

  async #carry(said: SinkMessage, sink: string): Promise<void> {
    const { key } = said.message;
    const answer = await this.#post(said, sink);
    this.#underWay.delete(idOf(key, sink));
    // A process that stops has learnt nothing about the sink.
    if (this.#stop.signal.aborted && answer.error !== null) return;
    const [oldest] = this.#answers.keys();
    if (this.#answers.size >= mostAnswers && oldest !== undefined) this.#answers.delete(oldest);
    this.#answers.set(idOf(key, sink), { key, sink, ...answer });
  }

  async #post(said: SinkMessage, sink: string): Promise<Omit<Delivery, "key" | "sink">> {
    try {
      const isSent = await this.#options.sinks.send(sink, said, this.#stop.signal);
      if (isSent) this.#options.report?.(sink, null);
      return { error: null };
    } catch (fault) {
      const error = (fault instanceof Error ? fault.message : "unknown fault").slice(0, longestError);
      if (!this.#stop.signal.aborted) this.#options.report?.(sink, error);
      if (!(fault instanceof SinkFault)) return { error };
      const { isFinal, retryAfterMs } = fault;
      return { error, ...(isFinal ? { isFinal } : {}), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    }
  }
}

function contentOf(
  { namespace, name, uid }: MigrationMeta,
  message: OutboxMessage,
  details?: MessageDetails,
): SinkMessage {
  const { key, kind, text, at, reason, phase, incident } = message;
  return { namespace, migration: name, uid, message: { key, kind, text, at, reason, phase, incident }, details };
}

function idOf(key: string, sink: string): string {
  return `${key} ${sink}`;
}
