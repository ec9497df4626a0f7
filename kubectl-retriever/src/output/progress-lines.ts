// How far a phase is, and what is left of it.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { totalsOf } from "@retriever/operator/core/pods/epoch-evidence.ts";
import { counted, countWord, spanWord } from "@retriever/operator/page/words.ts";
import { type Row, row } from "./lines.ts";
import type { MigrationView } from "./migration-view.ts";

/** One row or several, none where nothing is counted. */
export function progressLines(view: MigrationView, now: number): Row[] {
  return byPhase[view.status.phase](view, now);
}

/** All that is open at once, not the first of it, each with who answers it. What the message says isn't said again. */
function openChecks({ openChecks: open = [], message: said }: MigrationStatus): Row[] {
  return open.map(({ check, status, message, answeredBy }) => {
    const why = said.includes(message) ? "" : `: ${message}`;
    return row("OPEN", check, `${status === "Unknown" ? "unknown" : "no"}${why}; answered by ${answeredBy}`);
  });
}

/** The same where there is no room for sentences. */
export function openChecksLine({ openChecks: open = [] }: MigrationStatus): Row[] {
  if (open.length === 0) return [];
  return [
    row("OPEN", String(open.length), `${open.map(({ check }) => check).join(", ")}; -o yaml says who answers each`),
  ];
}

function stageLine({ status, plan }: MigrationView, now: number): Row[] {
  const { stage } = status;
  const planned = plan?.stages[stage?.index ?? 0];
  if (stage === undefined || planned === undefined || plan === undefined) return [];
  const least = Math.max(durationSeconds(planned.minDuration), durationSeconds(plan.gates.minDwell));
  const gone = secondsSince(stage.startedAt, now);
  const samples = samplesOf(status, planned.minSamples);
  const left = [...(gone < least ? [spanWord(least - gone)] : []), ...samples.left];
  const rest = left.length === 0 ? "the least is reached, the gates decide" : `${left.join(" and ")} left at least`;
  const words = [`${spanWord(gone)} of ${spanWord(least)}`, ...samples.done, rest];
  return [row("PROGRESS", `${stage.index + 1} of ${stage.count}`, words.join(", "))];
}

function secondsSince(instant: string | undefined, now: number): number {
  const at = Date.parse(instant ?? "");
  return Number.isNaN(at) ? 0 : Math.max(0, (now - at) / 1000);
}

function samplesOf(status: MigrationStatus, needed: number) {
  const { answered, has } = answeredOf(status);
  return {
    done: has ? [countedOf(answered, needed)] : [],
    left: has && answered < needed ? [counted(needed - answered, "sample")] : [],
  };
}

/** More than is needed is no progress. */
function countedOf(answered: number, needed: number): string {
  return answered < needed
    ? `${countWord(answered)} of ${countWord(needed)} samples`
    : `${counted(answered, "sample")}, needed: ${countWord(needed)}`;
}

function answeredOf({ evidence }: MigrationStatus): { readonly answered: number; readonly has: boolean } {
  return { answered: totalsOf(evidence).answered, has: evidence !== undefined };
}

function samplesLine({ status }: MigrationView): Row[] {
  const { answered, has } = answeredOf(status);
  const ramped = row("PROGRESS", "ramped", `${counted(answered, "sample")}; the cutover is left`);
  return [...(has ? [ramped] : []), ...openChecks(status)];
}

function followLine({ acks, revision }: MigrationStatus, now: number): Row[] {
  if (acks === undefined) return [];
  const { pods, matched } = acks;
  const end = Date.parse(revision?.activationDeadline ?? "");
  const until = Number.isNaN(end) ? "" : end > now ? `, ${spanWord((end - now) / 1000)} to go` : ", past the deadline";
  return [row("PROGRESS", `${matched} of ${pods}`, `pods follow, ${pods - matched} left${until}`)];
}

function guardLine({ status, plan }: MigrationView): Row[] {
  const { guard } = status;
  if (guard === undefined || plan === undefined) return [];
  const whole = durationSeconds(plan.guard.duration);
  const { answered, has } = answeredOf(status);
  const samples = has ? `, ${countedOf(answered, plan.guard.minSamples)}` : "";
  const left = Math.max(0, whole - guard.watchedSeconds);
  const share = `${Math.floor(Math.min(1, guard.watchedSeconds / Math.max(1, whole)) * 100)} %`;
  return [row("PROGRESS", share, `${spanWord(left)} of watched time left${samples}`)];
}

/** What is left to do after the last phase. What the result says isn't said again: on a small screen it would push out the cause. */
function endLines({ conditions, verification, validation, message: said }: MigrationStatus): Row[] {
  const run = verification?.runs.at(-1);
  const open = conditions.filter(({ type, status }) =>
    type === "Settled" || type === "DriftResolved" ? status !== "True" : type === "PostmortemDue" && status === "True",
  );
  const unlessSaid = (words: string) => (said.includes(words) ? "as the result says" : words);
  return [
    ...(run === undefined
      ? []
      : [
          row(
            "COMPARED",
            run.result?.reason ?? "under way",
            run.result === undefined ? `by Job ${run.job} since ${run.askedAt}` : unlessSaid(run.result.message),
          ),
        ]),
    ...(validation?.result === undefined ? [] : [row("RESULT", "passed", validation.result)]),
    ...open.map(({ type, message }) => row("LEFT", type, unlessSaid(message))),
  ];
}

type Progress = (view: MigrationView, now: number) => Row[];
const checks: Progress = ({ status }) => openChecks(status);
const follow: Progress = ({ status }, now) => followLine(status, now);
const ended: Progress = ({ status }) => endLines(status);

const byPhase: Readonly<Record<Phase, Progress>> = {
  Pending: checks,
  Preflight: checks,
  AwaitingApproval: checks,
  WarmUp: stageLine,
  Ramp: stageLine,
  AwaitingCutover: samplesLine,
  CuttingOver: follow,
  Guard: guardLine,
  Completed: ended,
  RollingBack: follow,
  VerifyingDrift: ended,
  RolledBack: ended,
  Validated: ended,
};
