// Notifications to people outside the cluster, kept in the status until every sink has them. The notifier sends; a sink that
// fails is tried again and given up in the end, and holds nothing.
import { hash } from "node:crypto";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isLastWord, longestRetryMs, type OutboxMessage, triesOf } from "@retriever/crds/status/outbox-status.ts";
import type { Announcement } from "../model/decision.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { Delivery } from "../model/observation.ts";
import { instantMs } from "../model/status-readings.ts";
import { withoutIds } from "../verification/describe-result.ts";
import { endedIncidents, openIncidents, returnedIncidents } from "./incidents.ts";
import { calls, hourOf, newsOf } from "./outbox-news.ts";
import { bounded } from "./outbox-room.ts";

/** After so many tries a sink is given up: with the waits below, within about half a day. */
export const mostAttempts = 15;
/** The last word on an incident is tried for a week more: nobody else opens or closes it. */
const mostIncidentAttempts = mostAttempts + 7 * 24;
/** As many as a message holds. */
const mostSinks = 16;
const firstWaitMs = 5000;
const longestError = 200;
const longestText = 2000;

type OutboxInput = {
  readonly meta: Pick<MigrationMeta, "namespace" | "name" | "uid">;
  readonly plan: MigrationSpec;
  readonly before: MigrationStatus;
  readonly next: MigrationStatus;
  readonly deliveries: readonly Delivery[];
  /** What is announced with the step; pages and tickets go to the sinks as well. */
  readonly announcements: readonly Announcement[];
  /** The migration goes with this step, and nobody will be there to say that something is over. */
  readonly isLeaving?: boolean;
  /** Epoch ms. */
  readonly now: number;
};

/** The outbox after a reconcile: what was delivered is struck off, what happened is added, each message once. */
export function updateOutbox(input: OutboxInput): readonly OutboxMessage[] {
  const { meta, plan, before, next, deliveries, now } = input;
  const sinks = [...new Set(plan.communications.sinks)];
  const present = tellNewSinks(settleAll(next.outbox ?? [], deliveries, now), sinks, now);
  const isLeaving = input.isLeaving === true;
  const news = [...newsOf({ meta, plan, before, next }, now), ...calls(input.announcements, now)];
  const fresh = news
    // Nobody is called to what goes; each end that was told of it would make it wait anew.
    .filter(({ incident }) => !isLeaving || incident === undefined)
    .map(({ about, text, ...news }): OutboxMessage => {
      const key = `${meta.uid}/${next.epoch}/${about ?? news.kind}`;
      return {
        key: keyOf(key, news.incident, { present, now }),
        ...news,
        text: withoutIds(text, next.verification?.runs).slice(0, longestText),
        ...unsent(next, sinks, now),
      };
    })
    .filter(({ key }) => sinks.length > 0 && !present.some((message) => message.key === key));
  const said = [...present, ...fresh];
  if (isLeaving) return allOver(said, next, now);
  const returned = returnedIncidents(said, next).map(({ key, reason, incident, text }): OutboxMessage => {
    const kind = incident?.startsWith("Page/") === true ? "Page" : "Ticket";
    const told = `${meta.uid}/${key.split("/")[1]}/${incident}/${hourOf(now)}`;
    return {
      key: keyOf(told, incident, { present: said, now }),
      kind,
      ...(reason === undefined ? {} : { reason }),
      ...(incident === undefined ? {} : { incident }),
      text: text.slice(overWord.length),
      ...unsent(next, sinks, now),
    };
  });
  const ended = endedIncidents(present, next, now).filter(
    ({ incident }) => !fresh.some((message) => message.incident === incident),
  );
  return bounded([...said, ...(sinks.length === 0 ? [] : returned), ...over(ended, { said, next, now })], next);
}

type Unplanned = Pick<OutboxInput, "next" | "deliveries" | "now"> & { readonly isLeaving: boolean };

/** The outbox where no plan can be read: nothing is added to it but ends. */
export function settleOutbox({ next, deliveries, isLeaving, now }: Unplanned): readonly OutboxMessage[] {
  const present = settleAll(next.outbox ?? [], deliveries, now);
  return isLeaving ? allOver(present, next, now) : present;
}

function allOver(said: readonly OutboxMessage[], next: MigrationStatus, now: number): readonly OutboxMessage[] {
  return bounded([...said, ...over(openIncidents(said), { said, next, now })], next);
}

const overWord = "Over: ";

function unsent({ phase }: MigrationStatus, pending: readonly string[], now: number) {
  const at = new Date(now).toISOString();
  return { at, pending: [...pending], failed: [], attempts: 0, nextAttemptAt: at, phase };
}

type Ending = { readonly said: readonly OutboxMessage[]; readonly next: MigrationStatus; readonly now: number };

/** That these are over, told to every sink that may have heard of them, wherever the plan sends messages by now. */
function over(ended: readonly OutboxMessage[], { said, next, now }: Ending): OutboxMessage[] {
  return ended.map(({ key, reason, incident, text }) => ({
    key: `${key}/Resolved`,
    kind: "Resolved",
    ...(reason === undefined ? {} : { reason }),
    ...(incident === undefined ? {} : { incident }),
    text: `${overWord}${text}`.slice(0, longestText),
    ...unsent(next, knowing(incident, said).slice(0, mostSinks), now),
  }));
}

function knowing(incident: string | undefined, said: readonly OutboxMessage[]): string[] {
  const told = said.filter((message) => message.incident === incident);
  return [...new Set(told.flatMap(({ pending, delivered = [], failed }) => [...pending, ...delivered, ...failed]))];
}

/**
 * What stands is told to a sink that the plan names since; whoever doesn't have it yet is tried with it. Never to more in all
 * than a message holds, or the API server would take no status any more.
 */
function tellNewSinks(outbox: readonly OutboxMessage[], sinks: readonly string[], now: number): OutboxMessage[] {
  const open = new Set(openIncidents(outbox));
  return outbox.map((message) => {
    const known = knowing(message.incident, outbox);
    const room = open.has(message) && known.length > 0 ? Math.max(0, mostSinks - known.length) : 0;
    const missing = sinks.filter((sink) => !known.includes(sink)).slice(0, room);
    if (missing.length === 0) return message;
    const { tries: _tries, ...kept } = message;
    const nextAttemptAt = new Date(now).toISOString();
    return { ...kept, pending: [...message.pending, ...missing], attempts: 0, nextAttemptAt };
  });
}

/**
 * What is open is said once an hour. What comes back is said again, under a key that it never had, however many messages had
 * to go since: an incident is open for ten minutes at least, so that it begins but once in a minute.
 */
function keyOf(
  key: string,
  incident: string | undefined,
  { present, now }: { readonly present: readonly OutboxMessage[]; readonly now: number },
): string {
  const last = incident === undefined ? undefined : present.findLast((message) => message.incident === incident);
  if (last?.kind === "Resolved") return `${key}/${Math.floor(now / 60_000)}`;
  return last?.key.startsWith(`${key}/`) === true ? last.key : key;
}

function settleAll(
  outbox: readonly OutboxMessage[],
  deliveries: readonly Delivery[],
  now: number,
): readonly OutboxMessage[] {
  return outbox.map((message) => {
    const most = isLastWord(message, outbox) ? mostIncidentAttempts : mostAttempts;
    return settle(message, { deliveries, most, now });
  });
}

type Settling = {
  readonly deliveries: readonly Delivery[];
  /** After so many tries a sink is given up. */
  readonly most: number;
  readonly now: number;
};

/** A message after what its sinks answered since the last reconcile: each is tried and given up as if it were alone. */
function settle(message: OutboxMessage, { deliveries, most, now }: Settling): OutboxMessage {
  const answers = deliveries.filter(({ key, sink }) => key === message.key && message.pending.includes(sink));
  if (answers.length === 0) return message;
  const { tries: _tries, ...kept } = message;
  const tried = message.pending.map((sink) => {
    const answer = answers.find((one) => one.sink === sink);
    return { sink, answer, ...triedAgain(message, { sink, answer, now }) };
  });
  const having = tried.filter(({ answer }) => answer?.error === null).map(({ sink }) => sink);
  const failing = tried.filter(({ sink }) => !having.includes(sink));
  const isGivenUp = ({ answer, attempts }: (typeof tried)[number]) =>
    answer !== undefined && (answer.isFinal === true || attempts >= most);
  const left = failing
    .filter((one) => !isGivenUp(one))
    .map(({ sink, attempts, nextAttemptAt }) => ({ sink, attempts, nextAttemptAt }));
  const errors = answers.flatMap(({ sink, error }) => (error === null ? [] : [`${sink}: ${error}`]));
  const delivered = [...(message.delivered ?? []), ...having];
  const attempts = Math.max(message.attempts, ...tried.map((one) => one.attempts));
  const [first] = left.toSorted((a, b) => (instantMs(a.nextAttemptAt) ?? now) - (instantMs(b.nextAttemptAt) ?? now));
  const nextAttemptAt = first?.nextAttemptAt ?? message.nextAttemptAt;
  const isAlike = left.every((one) => one.attempts === attempts && one.nextAttemptAt === nextAttemptAt);
  return {
    ...kept,
    pending: left.map(({ sink }) => sink),
    failed: [...message.failed, ...failing.filter(isGivenUp).map(({ sink }) => sink)],
    ...(message.incident === undefined || delivered.length === 0 ? {} : { delivered }),
    attempts,
    nextAttemptAt,
    ...(isAlike ? {} : { tries: left }),
    ...(errors.length === 0 ? {} : { lastError: errors.join("; ").slice(0, longestError) }),
  };
}

type Tried = { readonly sink: string; readonly answer: Delivery | undefined; readonly now: number };

/** The tries of a sink after its answer; a sink that hasn't answered is where it was. */
function triedAgain(message: OutboxMessage, { sink, answer, now }: Tried) {
  const { attempts: before, nextAttemptAt } = triesOf(message, sink);
  if (answer === undefined) return { attempts: before, nextAttemptAt };
  const attempts = before + 1;
  const wait = Math.max(answer.retryAfterMs ?? 0, waitMs(message.key, attempts));
  return { attempts, nextAttemptAt: new Date(now + wait).toISOString() };
}

/** Twice as long each time; the key spreads the tries of many messages, so that chance needn't be passed in. */
function waitMs(key: string, attempts: number): number {
  const spread = Number.parseInt(hash("sha256", `${key} ${attempts}`).slice(0, 4), 16) / 0xffff;
  return Math.min(longestRetryMs, firstWaitMs * 2 ** attempts) * (0.5 + spread / 2);
}

/** After how many ms each message wants another reconcile; none when everything is told or given up. */
export function nextDeliveryMs(outbox: readonly OutboxMessage[], now: number): number[] {
  return outbox.flatMap(({ pending, nextAttemptAt }) =>
    pending.length === 0 ? [] : [Math.max(1000, (instantMs(nextAttemptAt) ?? now) - now)],
  );
}
