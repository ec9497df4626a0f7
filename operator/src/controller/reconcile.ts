// One reconcile of one migration: read, observe, decide, write the status, carry out the effects, record events, requeue.

import { parseMigrationSpec, soundFields } from "@retriever/crds/parse.ts";
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { unpackStatus } from "@retriever/crds/status/packed-status.ts";
import { unknownFields } from "@retriever/stores/config/known-fields.ts";
import { type ApplyDeps, apply } from "#apply/apply.ts";
import type { ReconcileRecord } from "#audit/draft.ts";
import type { Decision } from "#core/model/decision.ts";
import { isSameData } from "#core/model/deep-equal.ts";
import type { Migration } from "#core/model/migration.ts";
import type { Observation } from "#core/model/observation.ts";
import { effectivePlan, planToGoBack } from "#core/plan.ts";
import { isCalledBack, readableStatus } from "#core/recover.ts";
import { asOperatorError, OperatorError } from "#errors.ts";
import type { Notifier } from "#notify/notifier.ts";
import { observe } from "#observe/observe.ts";
import type { ObserveDeps } from "#observe/observe-deps.ts";
import { SilentPods } from "#observe/silent-pods.ts";
import type { PassReads, SparingReads } from "#observe/sparing-reads.ts";
import type { AlertSources } from "#ports/alert-sources.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster, MigrationKey, RawMigration } from "#ports/cluster.ts";
import type { Jobs, Reports } from "#ports/jobs.ts";
import type { Sidecars } from "#ports/sidecars.ts";
import { faultFields, type Logger } from "#telemetry/logger.ts";
import type { Metrics } from "#telemetry/metrics.ts";
import { within } from "#timing/deadline.ts";
import { EffectFault, tellBeside, tellUnkept } from "./effect-fault.ts";
import { makeEventRecorder } from "./event-recorder.ts";
import { openNotifications } from "./open-notifications.ts";
import type { ReconcileResult } from "./queue.ts";
import { conflictMs, writeIntent } from "./write-intent.ts";

type Decide = (input: {
  readonly observation: Observation;
  readonly migration: Migration;
  readonly now: number;
}) => Decision;

type ReconcileOptions = {
  readonly cluster: Cluster;
  readonly sidecars: Sidecars;
  readonly jobs: Jobs;
  readonly reports: Reports;
  /** Absent: there is no source but Sidecars. */
  readonly alertSources?: AlertSources | undefined;
  /** Absent: every read of every pass is live. */
  readonly sparing?: SparingReads;
  readonly clock: Clock;
  readonly decide: Decide;
  /** Is handed every reconcile that led to something, and knows what it has kept; must neither throw nor wait. */
  readonly audit?: {
    readonly record: (reconcile: ReconcileRecord) => void;
    readonly isOnRecord: ApplyDeps["isOnRecord"];
  };
  /** Takes messages to the sinks, beside the loop; must neither throw nor wait. */
  readonly notifier?: Pick<Notifier, "answers" | "forget" | "send">;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Of one read or write, in ms. */
  readonly deadlineMs: number;
  /** Whether acts are trusted about their actors; default: proved, by the admission policy. */
  readonly actIdentity?: ObserveDeps["actIdentity"];
  readonly migrationPolicies?: ObserveDeps["migrationPolicies"];
};

export type Reconcile = (key: MigrationKey, signal: AbortSignal) => Promise<ReconcileResult>;

/** A migration that can't be parsed is reconciled seldom; an edit wakes it at once. */
const holdMs = 60_000;
const effectDeadlines = 3;
/** As often as harm is looked for: a Job that can't be made puts that off no further. */
const besideMs = 5000;

/** One pass. Never rejects for a fault of the cluster: the outcome says when to come again. */
export function makeReconcile(options: ReconcileOptions): Reconcile {
  const { cluster, clock, deadlineMs, metrics } = options;
  const { sidecars, jobs, reports, alertSources, actIdentity = "proved", migrationPolicies = "optional" } = options;
  const observeDeps: ObserveDeps = {
    cluster,
    sidecars,
    jobs,
    reports,
    alertSources,
    clock,
    deadlineMs,
    actIdentity,
    migrationPolicies,
    silentPods: new SilentPods(clock),
  };
  const pass = makePass(options, observeDeps);
  /** One pass on reads that may be some seconds old, or on live ones; undefined: it would do something, so it has to be live. */
  const reconcileOn = async (key: MigrationKey, signal: AbortSignal): Promise<ReconcileResult | undefined> => {
    const { sparing } = options;
    const reads = sparing?.of(key, sparing.phaseOf(key)) ?? { cluster, isLive: true };
    const read = { clock, deadlineMs, signal, about: `migration ${key.namespace}/${key.name}` };
    const raw = await within(read, (signal) => reads.cluster.readMigration(key, signal));
    if (raw !== undefined) return pass(raw, reads, signal);
    metrics.forgetMigration(key);
    sparing?.forget(key);
    return { kind: "idle" };
  };
  return async (key, signal) => {
    const from = clock.elapsed();
    let result = "done";
    try {
      const outcome = (await reconcileOn(key, signal)) ??
        (await reconcileOn(key, signal)) ?? { kind: "again", afterMs: conflictMs };
      result = outcome.kind === "failed" ? "failed" : "done";
      return outcome;
    } catch (fault) {
      if (signal.aborted) return { kind: "idle" };
      result = "failed";
      metrics.count("retriever_reconcile_errors_total", { code: asOperatorError(fault).code });
      options.log.error({ migration: `${key.namespace}/${key.name}`, ...faultFields(fault) }, "reconcile failed");
      return fault instanceof EffectFault && !fault.isHeldUp
        ? { kind: "failed", mostMs: besideMs }
        : { kind: "failed" };
    } finally {
      metrics.observe("retriever_reconcile_seconds", { result }, (clock.elapsed() - from) / 1000);
    }
  };
}

function makePass(options: ReconcileOptions, observeDeps: ObserveDeps) {
  const { clock, decide, metrics, deadlineMs, cluster, jobs, reports, sparing } = options;
  const recorder = makeEventRecorder(options);
  const deps: ApplyDeps = {
    cluster,
    jobs,
    reports,
    clock,
    isOnRecord: (migrationUid, actUid) => options.audit?.isOnRecord(migrationUid, actUid) ?? true,
    // An effect may be several requests, and many pods.
    deadlineMs: deadlineMs * effectDeadlines,
    report: (kind, result) => metrics.count("retriever_effects_total", { kind, result }),
  };

  return async (raw: RawMigration, reads: PassReads, signal: AbortSignal): Promise<ReconcileResult | undefined> => {
    const { migration, isWhole } = parseMigration(raw);
    const notifications = openNotifications(options.notifier, raw.meta);
    const observation = {
      ...(await observe(migration, { ...observeDeps, cluster: reads.cluster }, signal)),
      ...notifications.deliveries,
    };
    signal.throwIfAborted();
    // What can't be read is kept, unless a person goes back: that needs none of it.
    if (!isWhole && !isCalledBack(migration, observation, observation.at)) {
      return holdUnreadable(raw, options, recorder.recordOnce, signal);
    }
    const input = { observation, migration, now: observation.at };
    const decision = decide(input);
    if (!restsOnLiveReads(decision, migration, reads, sparing)) return undefined;
    const written = await writeIntent({ raw, before: migration.status }, decision, options, signal).catch(
      async (fault: unknown) => {
        await tellUnkept(fault, raw.meta, recorder, signal);
        throw fault;
      },
    );
    if (written.kind === "stop") return written.outcome;
    const post = () => written.kind === "written" && notifications.post(decision.status, observation.at);
    // Without the finalizer it may be gone before an incident of it is closed; nothing else keeps a message waiting.
    const isUnbound = decision.effects.some(({ kind }) => kind === "addFinalizer");
    if (!isUnbound) post();
    options.audit?.record({ input, decision, statusWritten: written.kind === "written" });
    const subject = { meta: written.meta, target: targetOf({ ...migration, status: decision.status }) };
    const applied = await apply(decision.effects, subject, deps, signal);
    if (isUnbound) post();
    if (written.kind === "unwritten") {
      await tellUnkept(written.fault, raw.meta, recorder, signal);
      throw written.fault;
    }
    await recorder.record(written.meta, decision.announcements, signal);
    metrics.showMigration({ ...raw.meta, target: subject.target ?? "", status: decision.status });
    if (applied.ok) return resultOf(decision);
    const told = tellBeside(applied);
    if (told !== undefined) await recorder.recordOnce(written.meta, told, signal, told.message);
    throw new EffectFault(applied);
  };
}

/** Whether the decision may be carried out; if not, what was read is forgotten. */
function restsOnLiveReads(
  decision: Decision,
  migration: Migration,
  { isLive }: PassReads,
  sparing: SparingReads | undefined,
): boolean {
  const { meta, status } = migration;
  const { effects, requeueAfterMs } = decision;
  // An effect changes what was read; of a migration that waits for an event alone nothing needs to be kept.
  const phase = requeueAfterMs === null ? undefined : decision.status.phase;
  if (isLive) sparing?.noteLive(meta, phase, effects.length === 0);
  else if (doesSomething(decision, migration)) {
    sparing?.forget(meta);
    return false;
  }
  if (decision.status !== status) sparing?.forgetMigration(meta);
  return true;
}

/** More than to write down what was counted: a step, an effect, or something to be told or shown. */
function doesSomething({ status, effects, announcements }: Decision, { status: before }: Migration): boolean {
  return effects.length > 0 || announcements.length > 0 || isShownOtherwise(before, status);
}

/** Conditions from reads of two ages would flip, and each flip would be told anew. */
function isShownOtherwise(before: MigrationStatus, next: MigrationStatus): boolean {
  const shown = ({ phase, epoch, conditions, waiting }: MigrationStatus) => [
    phase,
    epoch,
    waiting?.since,
    ...conditions.flatMap(({ type, status, reason }) => [type, status, reason]),
  ];
  return !isSameData(shown(before), shown(next));
}

/** `isWhole`: nothing of its status was left out. */
function parseMigration({ meta, spec, status: stored }: RawMigration) {
  const read = migrationStatusSchema.safeParse(unpackStatus(stored ?? {}));
  const migration: Migration = { meta, spec: specOf(spec), status: read.success ? read.data : readableStatus(stored) };
  return { migration, isWhole: read.success };
}

function targetOf(migration: Migration): string | undefined {
  return (effectivePlan(migration) ?? planToGoBack(migration))?.target.name;
}

function specOf(raw: unknown): Migration["spec"] {
  const parsed = parseMigrationSpec(raw);
  return parsed.ok ? { ok: true, value: parsed.spec } : { ...parsed, sound: soundFields(raw) };
}

function resultOf({ requeueAfterMs }: Decision): ReconcileResult {
  return requeueAfterMs === null ? { kind: "idle" } : { kind: "again", afterMs: requeueAfterMs };
}

/**
 * A status of another version: nothing is written, nothing is moved, and it is said once per version of the object.
 * A field that this operator doesn't know is enough: to write the status would drop it, and what it stands for.
 */
async function holdUnreadable(
  raw: RawMigration,
  options: ReconcileOptions,
  recordOnce: ReturnType<typeof makeEventRecorder>["recordOnce"],
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const { metrics, log } = options;
  const parsed = migrationStatusSchema.safeParse(unpackStatus(raw.status));
  const unknown = unknownFields(parsed.error);
  const others = (parsed.error?.issues ?? []).filter(({ code }) => code !== "unrecognized_keys");
  const paths = [...unknown, ...others.map(({ path }) => path)].slice(0, 5);
  const fields = paths.map((path) => path.join(".") || "(root)");
  const fault = new OperatorError(
    "ROP_STATUS_UNREADABLE",
    `${raw.meta.namespace}/${raw.meta.name}: ${fields.join(", ")}`,
    { details: { fields } },
  );
  metrics.count("retriever_reconcile_errors_total", { code: fault.code });
  const message = `The status cannot be read by this operator (${fields.join(", ")}); nothing is changed until it can.`;
  const isRecorded = await recordOnce(
    raw.meta,
    { type: "Warning", reason: "StatusUnreadable", message, severity: "page" },
    signal,
  );
  if (isRecorded) log.error({ migration: `${raw.meta.namespace}/${raw.meta.name}`, ...faultFields(fault) }, "holding");
  return { kind: "again", afterMs: holdMs };
}
