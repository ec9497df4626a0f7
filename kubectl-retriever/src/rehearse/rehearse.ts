// The rehearsal: the operator's own `decide` on a virtual clock, a toy cluster and a scenario. Nothing is waited for.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import type { Scenario } from "#scenario/scenario.ts";
import { describeEvent } from "./describe-event.ts";
import type { RehearsedMigration } from "./manifest.ts";
import { Operator, type Stage } from "./operator-loop.ts";
import { type Ending, type Entry, type Point, type Rehearsal } from "./rehearsal.ts";
import { ScenarioCluster } from "./scenario-cluster.ts";
import { makeSchedule, type Step } from "./schedule.ts";

/** Plays a migration through a scenario. Deterministic in its three inputs: the same decisions, word for word. */
export function rehearse(
  migration: RehearsedMigration,
  scenario: Scenario,
  seed: number,
  record?: Stage["record"],
): Rehearsal {
  const startMs = Date.parse(scenario.startsAt);
  const entries: Entry[] = [];
  const points: Point[] = [];
  const stage: Stage = {
    cluster: new ScenarioCluster(migration, scenario, seed),
    schedule: makeSchedule(scenario.events, startMs),
    migration,
    startMs,
    untilMs: startMs + durationSeconds(scenario.until) * 1000,
    record,
  };
  const operator = new Operator(stage, { entries, points });
  const ending = play(stage, operator, entries);
  const last = Math.max(...entries.map(({ seconds }) => seconds), points.at(-1)?.seconds ?? 0);
  return {
    entries,
    points,
    status: stage.cluster.status,
    ending,
    seconds: last,
    reconciles: operator.reconciles,
    unreached: stage.schedule.unreached().map(({ at }) => at),
  };
}

/** From one thing to the next until there is nothing left to come. */
function play(stage: Stage, operator: Operator, entries: Entry[]): Ending {
  const { cluster, schedule } = stage;
  let nowMs = stage.startMs;
  let down = 0;
  let lastStepMs = nowMs;
  for (;;) {
    cluster.advance(nowMs);
    for (const step of schedule.take(nowMs)) {
      happen(step, operator, stage, nowMs);
      entries.push(eventEntry(step, stage, nowMs));
      down += shiftOf(step);
      lastStepMs = nowMs;
    }
    if (down === 0 && (operator.nextReconcileMs ?? Infinity) <= nowMs) nowMs = operator.reconcile(nowMs);
    const nextMs = earliest(schedule.next(), down > 0 ? undefined : operator.nextReconcileMs);
    const ending = endingOf(stage, nextMs, lastStepMs);
    if (ending !== undefined || nextMs === undefined) return ending ?? "unfinished";
    nowMs = Math.max(nowMs, nextMs);
  }
}

function happen(step: Step, operator: Operator, { cluster }: Stage, nowMs: number): void {
  if (step.kind === "begin") cluster.begin(step.event);
  else cluster.end(step.event);
  if (wakesOperator(step)) operator.wake(nowMs);
}

/** How many more reasons there are for no operator to be there. */
function shiftOf({ kind, event }: Step): number {
  if (event.operator === undefined) return 0;
  return kind === "begin" ? 1 : -1;
}

/** What the API server tells its watchers of; how a store behaves it doesn't know. A new operator reconciles at once. */
function wakesOperator({ kind, event }: Step): boolean {
  if (kind === "end") return event.operator !== undefined;
  return [event.act, event.overlay, event.migration, event.pods].some((change) => change !== undefined);
}

/** As long as an operator may need to see what the scenario did last. */
const lastReconcileMs = 60_000;

/** Undefined while there is more to come. */
function endingOf(
  { cluster, schedule, untilMs }: Stage,
  nextMs: number | undefined,
  lastStepMs: number,
): Ending | undefined {
  if (cluster.gone) return "gone";
  const { phase, revision } = cluster.status;
  const isOver = nextMs === undefined || nextMs > untilMs;
  if (!isFinalPhase(phase)) return isOver ? openEnding(cluster.status) : undefined;
  // By now it only waits for the base, which a scenario may still change.
  const isSeen = schedule.next() === undefined && (nextMs ?? 0) >= lastStepMs + lastReconcileMs;
  return isOver || (isSeen && revision?.released !== true) ? "ended" : undefined;
}

function openEnding({ phase, acts, harm }: MigrationStatus): Ending {
  const isAsking = phase === "AwaitingCutover" || phase === "AwaitingApproval";
  return isAsking || acts?.paused === true || harm?.heldSince !== undefined ? "waiting" : "unfinished";
}

function eventEntry({ kind, event }: Step, { cluster, startMs }: Stage, nowMs: number): Entry {
  const { phase } = cluster.status;
  const what = describeEvent(event, kind);
  return { kind: "event", seconds: (nowMs - startMs) / 1000, phase, what, ends: kind === "end" };
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
