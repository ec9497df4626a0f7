// The operator in a rehearsal: reconciles as often as it asked to, and skips the ones that would have had nothing to say.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { decide } from "@retriever/operator/core/decide.ts";
import type { Decision } from "@retriever/operator/core/model/decision.ts";
import type { Observation } from "@retriever/operator/core/model/observation.ts";
import type { DecisionInput } from "@retriever/operator/core/status/audit-record.ts";
import type { RehearsedMigration } from "./manifest.ts";
import { pointOf } from "./points.ts";
import { type Entry, entryOf, type Point } from "./rehearsal.ts";
import type { ScenarioCluster } from "./scenario-cluster.ts";
import type { Schedule } from "./schedule.ts";

/** What a rehearsal is played on. Instants in epoch ms. */
export type Stage = {
  readonly cluster: ScenarioCluster;
  readonly schedule: Schedule;
  readonly migration: RehearsedMigration;
  readonly startMs: number;
  readonly untilMs: number;
  /** Told of every reconcile that is carried out. */
  readonly record?: ((reconcile: Recorded) => void) | undefined;
};

/** What the audit trail of a migration would be told. */
export type Recorded = { readonly input: DecisionInput; readonly decision: Decision; readonly statusWritten: true };

type Recording = { readonly entries: Entry[]; readonly points: Point[] };

const pointEverySeconds = 60;
/** The operator's queue never reconciles again sooner than this. */
const shortestDelayMs = 250;
/** Within what the operator itself calls an unbroken watch, which is 60 s. */
const longestStrideMs = 50_000;

type Judged = {
  readonly observation: Observation;
  readonly before: MigrationStatus;
  readonly decision: Decision;
  readonly entry: Entry | undefined;
};

/** An operator that writes down what it decides. It keeps no fact of its own: only when to reconcile, and at what pace. */
export class Operator {
  reconciles = 0;
  /** When it reconciles next; undefined: only when it is woken. */
  nextReconcileMs: number | undefined;
  readonly #stage: Stage;
  readonly #recording: Recording;
  #isQuiet = false;
  #delayMs = 0;
  /** Until here every reconcile is made, because something came up on the way. */
  #closeUntilMs: number;

  constructor(stage: Stage, recording: Recording) {
    this.#stage = stage;
    this.#recording = recording;
    this.nextReconcileMs = stage.startMs;
    this.#closeUntilMs = stage.startMs;
  }

  wake(nowMs: number): void {
    this.nextReconcileMs = nowMs;
    this.#isQuiet = false;
  }

  /** One reconcile at an instant or, from there on in quiet times, one instead of several. Returns the instant of the reconcile. */
  reconcile(nowMs: number): number {
    const endMs = this.#strideEnd(nowMs);
    if (endMs !== undefined && this.#stride(endMs)) return endMs;
    this.#commit(this.#judge(nowMs), nowMs);
    return nowMs;
  }

  #judge(nowMs: number): Judged {
    this.reconciles += 1;
    const { cluster, startMs } = this.#stage;
    const observation = cluster.observation();
    const before = cluster.status;
    const decision = decide({ observation, migration: cluster.migration, now: nowMs });
    return { observation, before, decision, entry: entryOf(before, decision, (nowMs - startMs) / 1000) };
  }

  /** As the controller does: the intent first, then the effects. */
  #commit(judged: Judged, nowMs: number): void {
    const { cluster, schedule, startMs } = this.#stage;
    const { decision, entry, observation } = judged;
    const input = { observation, migration: cluster.migration, now: nowMs };
    this.#stage.record?.({ input, decision, statusWritten: true });
    if (decision.status !== cluster.status) cluster.writeStatus(decision.status);
    for (const effect of decision.effects) cluster.apply(effect);
    schedule.enter(decision.status, nowMs);
    if (entry !== undefined) this.#recording.entries.push(entry);
    notePoint(this.#stage, this.#recording.points, judged, (nowMs - startMs) / 1000);
    this.#isQuiet = isUneventful(judged);
    const { requeueAfterMs } = decision;
    this.#delayMs = Math.max(shortestDelayMs, requeueAfterMs ?? 0);
    this.nextReconcileMs = requeueAfterMs === null ? undefined : nowMs + this.#delayMs;
  }

  /** The last reconcile at the operator's own interval before anything is due; undefined when it is not worth it. */
  #strideEnd(nowMs: number): number | undefined {
    const { cluster, schedule, untilMs } = this.#stage;
    if (!this.#isQuiet || nowMs <= this.#closeUntilMs || !cluster.isSettled) return undefined;
    const limitMs = Math.min(
      nowMs - this.#delayMs + longestStrideMs,
      (schedule.next() ?? untilMs) - 1,
      untilMs,
      endOfGateWindow(this.#stage) ?? untilMs,
    );
    const intervals = Math.floor((limitMs - nowMs) / this.#delayMs);
    return intervals < 1 ? undefined : nowMs + intervals * this.#delayMs;
  }

  /** False: something came up within the stride, and nothing of it has happened. */
  #stride(endMs: number): boolean {
    const { cluster } = this.#stage;
    const mark = cluster.mark();
    cluster.advance(endMs);
    const judged = this.#judge(endMs);
    if (isUneventful(judged)) {
      this.#commit(judged, endMs);
      return true;
    }
    cluster.rewind(mark);
    this.#closeUntilMs = endMs;
    return false;
  }
}

/** Windows that tell of bursts are closed by the reconcile at their end: no stride goes over one. */
function endOfGateWindow({ cluster, migration }: Stage): number | undefined {
  const { dispersion, revision } = cluster.status;
  if (dispersion === undefined) return undefined;
  const endMs = Date.parse(dispersion.openedAt) + durationSeconds(migration.spec.gates.window) * 1000;
  // Without samples there is no window to close.
  return revision?.shadow === "destination" && revision.sampleRate > 0 ? endMs : undefined;
}

/** Nothing to say, nothing to do and nothing suspicious: the reconciles before it were the same. */
function isUneventful({ before, decision, entry }: Judged): boolean {
  const { harm, guard } = decision.status;
  const isCalm = harm === undefined || harm.alertSince === undefined;
  const isSaying = harm !== undefined && harm.heldSince === undefined && harm.causes.length > 0;
  return (
    isCalm &&
    !isSaying &&
    entry === undefined &&
    decision.effects.length === 0 &&
    guard?.visibility === before.guard?.visibility
  );
}

function notePoint({ cluster, migration }: Stage, points: Point[], judged: Judged, seconds: number): void {
  const last = points.at(-1);
  const moved = judged.entry?.kind === "decision" && judged.entry.moved;
  if (last !== undefined && !moved && seconds - last.seconds < pointEverySeconds) return;
  const moment = { seconds, requestsPerSecond: cluster.requestsPerSecond };
  points.push(pointOf(migration.spec, judged.observation, judged.decision.status, moment));
}
