// Waits for what the operator makes of an act: taken, refused, or not looked at.
import type { MigrationActSpec } from "@retriever/crds/migration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { sleep } from "@retriever/operator/timing/delay.ts";
import type { ActDocument, KubeClient, MigrationEvent } from "#kube-client.ts";
import { viewMigration } from "#output/migration-view.ts";

type Answer =
  | { readonly kind: "taken" | "refused"; readonly message: string }
  | { readonly kind: "unanswered" | "interrupted" };

type Asked = {
  readonly namespace: string;
  readonly name: string;
  readonly act: ActDocument;
  /** Events from before it was written: none of them is its answer, whatever second they are of. */
  readonly before: readonly MigrationEvent[];
};
type AnswerTools = { readonly client: KubeClient; readonly clock: Clock };

const pollEveryMs = 500;
/** An event is written after the status that it tells of. */
const pollsForEvent = 6;

/** The operator's answer, by its event or, where events may not be read, by what the status says afterwards. */
export async function awaitAnswer(
  { namespace, name, act, before }: Asked,
  { client, clock }: AnswerTools,
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Answer> {
  const { signal } = limits;
  const endAt = clock.elapsed() + limits.timeoutMs;
  for (let judgedPolls = 0; !signal.aborted; ) {
    const [raw, events] = await Promise.all([
      client.readMigration(namespace, name, signal),
      client.listEvents({ namespace, name }, signal).catch(() => []),
    ]);
    const told = events.findLast((event) => isAbout(event, act) && !before.some((old) => isSame(old, event)));
    if (told !== undefined) return { kind: told.reason === "ActTaken" ? "taken" : "refused", message: told.message };
    const { status } = viewMigration(raw);
    // It leaves the status again once the act, being judged, is deleted.
    const isJudged = judgedPolls > 0 || status.acts?.seen.includes(act.metadata.uid ?? "") === true;
    if (isJudged) judgedPolls += 1;
    if (judgedPolls > pollsForEvent) return isInForce[act.spec.act](act, status) ? taken : noEffect;
    if (clock.elapsed() >= endAt) return { kind: "unanswered" };
    await sleep(clock, pollEveryMs, signal);
  }
  return { kind: "interrupted" };
}

const taken: Answer = { kind: "taken", message: "" };
const noEffect: Answer = { kind: "refused", message: "it has no effect; the events say why" };

const answers: readonly string[] = ["ActTaken", "ActRefused", "ActExpired"];

/** Events are told of by kind of act and actor, in whole seconds. */
function isAbout({ reason, message, at }: MigrationEvent, { spec, metadata }: ActDocument): boolean {
  const who = `${spec.act} by ${spec.actor}`;
  if (!answers.includes(reason) || !message.startsWith(who)) return false;
  // Another name may begin with this one.
  if (!/^($|:? )/.test(message.slice(who.length))) return false;
  return Date.parse(at) >= Date.parse(metadata.creationTimestamp ?? "");
}

/** One that was told again has a higher count. */
function isSame(a: MigrationEvent, b: MigrationEvent): boolean {
  return a.name === b.name && a.count === b.count;
}

type Left = (act: ActDocument, status: MigrationStatus) => boolean;

const isSince = (instant: string, { metadata }: ActDocument): boolean =>
  Date.parse(instant) >= Date.parse(metadata.creationTimestamp ?? "");
const isPromoted: Left = ({ spec }, { acts, phase }) =>
  acts?.promotedBy === spec.actor || acts?.retriedBy === spec.actor || phase === "CuttingOver";
const isLatched: Left = (_, { acts }) => acts?.latched !== undefined;

/** What an act leaves in the status. */
const isInForce: Readonly<Record<MigrationActSpec["act"], Left>> = {
  Approve: (act, { acts }) =>
    (acts?.approvals ?? []).some(
      ({ actor, role, at }) => actor === act.spec.actor && role === act.spec.role && isSince(at, act),
    ),
  Deny: (act, { acts }) =>
    (acts?.denials ?? []).some(
      ({ actor, role, at }) => actor === act.spec.actor && role === act.spec.role && isSince(at, act),
    ),
  Waive: (act, { acts }) => (acts?.waived ?? []).some(({ check, at }) => check === act.spec.check && isSince(at, act)),
  Pause: (_, { acts }) => acts?.paused === true,
  Resume: (_, { acts, harm }) => acts?.paused !== true && harm?.heldSince === undefined,
  Promote: isPromoted,
  Retry: isPromoted,
  CompleteGuard: (_, { acts, phase }) => acts?.guardCompletedBy !== undefined || phase === "Completed",
  WritersMoved: (_, { acts }) => acts?.writersMoved !== undefined,
  Abort: isLatched,
  Rollback: isLatched,
  RepairDrift: (act, { repair }) =>
    repair !== undefined && repair.digest === act.spec.digest && isSince(repair.askedAt, act),
  Postmortem: ({ metadata }, { postmortem }) => postmortem?.act === metadata.name,
};
