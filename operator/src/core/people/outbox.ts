// Notifications to people outside the cluster, kept in the status until every sink has them. The notifier sends; a sink that
// fails is tried again and given up in the end, and holds nothing.
import { hash } from "node:crypto";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { OutboxKind, OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import type { Announcement } from "../model/decision.ts";
import type { Delivery } from "../model/observation.ts";
import type { Fact } from "../model/status-readings.ts";
import { instantMs } from "../model/status-readings.ts";
import { driftResolvedFact } from "../verification/drift-resolved.ts";
import { isLateRollback } from "../verification/purpose.ts";

/** As many as the status holds. */
const mostMessages = 50;
/** After so many tries a sink is given up: with the waits below, within about half a day. */
export const mostAttempts = 15;
const firstWaitMs = 5000;
const longestWaitMs = 3_600_000;
const longestError = 200;
const longestText = 2000;

type OutboxInput = {
  readonly uid: string;
  readonly plan: MigrationSpec;
  readonly before: MigrationStatus;
  readonly next: MigrationStatus;
  readonly deliveries: readonly Delivery[];
  /** What is announced with the step; pages and tickets go to the sinks as well. */
  readonly announcements: readonly Announcement[];
  /** Epoch ms. */
  readonly now: number;
};

/** The outbox after a reconcile: what was delivered is struck off, what happened is added, each message once. */
export function updateOutbox(input: OutboxInput): readonly OutboxMessage[] {
  const { uid, plan, before, next, deliveries, now } = input;
  const present = (next.outbox ?? []).map((message) => settle(message, deliveries, now));
  const at = new Date(now).toISOString();
  const sinks = [...new Set(plan.communications.sinks)];
  const news = sinks.length === 0 ? [] : [...newsOf(plan, before, next), ...calls(input.announcements, now)];
  const fresh = news
    .map(({ kind, text, about = kind }): OutboxMessage => {
      const key = `${uid}/${next.epoch}/${about}`;
      return { key, kind, text, at, pending: sinks, failed: [], attempts: 0, nextAttemptAt: at };
    })
    .filter(({ key }) => !present.some((message) => message.key === key));
  return bounded([...present, ...fresh]);
}

/** What flaps is said once in so long, ms. */
const callEveryMs = 3_600_000;

/** Whom an announcement calls hears of it outside the cluster too. */
function calls(announcements: readonly Announcement[], now: number): News[] {
  return announcements.flatMap(({ severity, reason, message }) => {
    if (severity === null) return [];
    const kind = severity === "page" ? "Page" : "Ticket";
    const about = `${kind}/${reason}/${Math.floor(now / callEveryMs)}`;
    return [{ kind, about, text: message.slice(0, longestText) }];
  });
}

/** Delivered messages go first, then the oldest. */
function bounded(messages: readonly OutboxMessage[]): readonly OutboxMessage[] {
  let surplus = messages.length - mostMessages;
  if (surplus <= 0) return messages;
  const kept = messages.filter(({ pending }) => pending.length > 0 || surplus-- <= 0);
  return kept.slice(-mostMessages);
}

/** A message after what its sinks answered since the last reconcile. */
function settle(message: OutboxMessage, deliveries: readonly Delivery[], now: number): OutboxMessage {
  const answers = deliveries.filter(({ key, sink }) => key === message.key && message.pending.includes(sink));
  if (answers.length === 0) return message;
  const delivered = answers.filter(({ error }) => error === null).map(({ sink }) => sink);
  const errors = answers.flatMap(({ sink, error }) => (error === null ? [] : [`${sink}: ${error}`]));
  const left = message.pending.filter((sink) => !delivered.includes(sink));
  const attempts = message.attempts + 1;
  const isGivenUp = attempts >= mostAttempts;
  return {
    ...message,
    pending: isGivenUp ? [] : left,
    failed: isGivenUp ? left : message.failed,
    attempts,
    nextAttemptAt: new Date(now + waitMs(message.key, attempts)).toISOString(),
    ...(errors.length === 0 ? {} : { lastError: errors.join("; ").slice(0, longestError) }),
  };
}

/** Twice as long each time; the key spreads the tries of many messages, so that chance needn't be passed in. */
function waitMs(key: string, attempts: number): number {
  const spread = Number.parseInt(hash("sha256", `${key} ${attempts}`).slice(0, 4), 16) / 0xffff;
  return Math.min(longestWaitMs, firstWaitMs * 2 ** attempts) * (0.5 + spread / 2);
}

/** After how many ms each message wants another reconcile; none when everything is told or given up. */
export function nextDeliveryMs(outbox: readonly OutboxMessage[], now: number): number[] {
  return outbox.flatMap(({ pending, nextAttemptAt }) =>
    pending.length === 0 ? [] : [Math.max(1000, (instantMs(nextAttemptAt) ?? now) - now)],
  );
}

type News = {
  readonly kind: OutboxKind;
  readonly text: string /** Its key within the epoch; the kind where left out. */;
  readonly about?: string;
};

/** What happened between two statuses that the runbook wants told. */
function newsOf(plan: MigrationSpec, before: MigrationStatus, next: MigrationStatus): News[] {
  const due = isDue(next) && !isDue(before);
  const postmortem: News[] = due
    ? [{ kind: "PostmortemDue", text: "The postmortem is due: root cause, metrics and remediation are missing." }]
    : [];
  return next.phase === before.phase ? postmortem : [...phaseNews(plan, next), ...postmortem];
}

/** What entering a phase is called, where its own message says the rest. */
const kindsByPhase: Partial<Readonly<Record<Phase, OutboxKind>>> = {
  WarmUp: "Start",
  AwaitingCutover: "PreCutover",
  Guard: "Midpoint",
  Completed: "Completion",
};

function phaseNews(plan: MigrationSpec, next: MigrationStatus): News[] {
  // Where nothing was ever written there is nothing to tell.
  if (next.revision === undefined) return [];
  if (next.phase === "RolledBack") return rollbackNews(plan, next);
  const kind = kindsByPhase[next.phase];
  return kind === undefined ? [] : [{ kind, text: next.message }];
}

function rollbackNews(plan: MigrationSpec, next: MigrationStatus): News[] {
  const { message, rollback } = next;
  const drift = driftResolvedFact(plan, next);
  return [
    { kind: "Rollback", text: message },
    ...(drift !== undefined && isLateRollback(plan, next)
      ? [{ kind: "Corrections" as const, text: correctionsText(plan, next, drift) }]
      : []),
    ...(rollback?.actor === null
      ? [
          {
            kind: "IncidentReview" as const,
            text: `Schedule an incident review. The postmortem is due within ${plan.communications.postmortemDue}.`,
          },
        ]
      : []),
  ];
}

/** What was found is listed; what could not be compared is asked for. */
function correctionsText(plan: MigrationSpec, { cutoverAt }: MigrationStatus, drift: Fact): string {
  const begin = `Served from the destination for more than ${plan.rollback.verifyDriftAfter}: `;
  const { status, message } = drift;
  if (status === "True") return `${begin}nothing needs correcting, ${message}.`.slice(0, longestText);
  const task = "file tickets for what needs correcting";
  if (status === "False") return `${begin}${task}. ${message}`.slice(0, longestText);
  return `${begin}compare what was written since ${cutoverAt} and ${task} (${message}).`.slice(0, longestText);
}

function isDue({ conditions }: MigrationStatus): boolean {
  return conditions.some(({ type, status }) => type === "PostmortemDue" && status === "True");
}
