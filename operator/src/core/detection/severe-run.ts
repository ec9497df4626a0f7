// Requests that fail on a grand scale: acted on at once, but never on a hiccup, on one pod of several, or on too few.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { HarmLine, SevereRun } from "@retriever/crds/status/harm-status.ts";
import { binSeconds, keptSeconds } from "@retriever/sidecar/contract/evidence.ts";
import { keptCount } from "../model/kept-count.ts";
import { judgeFleet } from "./fleet-parts.ts";
import type { LineCount, LineRule } from "./lines.ts";

/** Fewer failed requests are never severe, whatever their share. */
const leastSevereFailures = 12;
/**
 * Failed requests after which a dead destination is left, whoever serves: where the source is asked about each of them and
 * answers, the least that are severe don't tell yet that it is the better one.
 */
export const failuresToLeave = 15;
/** As few as can refute a share of a fifth by succeeding. */
const leastPartRequests = 24;
const refutation = Math.log(20);
const mostPods = 2;

type Bin = { readonly count: LineCount; readonly pods: readonly string[]; readonly startMs: number };

/**
 * Where a plan takes hours to notice a total failure, its requests may come further apart than sidecars remember: each of
 * them would begin the run anew, and a dead destination would never be left.
 */
export function rememberedMs({ guard }: MigrationSpec): number {
  return 1000 * Math.max(keptSeconds, durationSeconds(guard.maxDetectionTime));
}

/** The run of failures with one more bin; undefined while there is none, or once requests surely succeed again. */
export function foldSevereRun(
  before: SevereRun | undefined,
  { count, pods, startMs }: Bin,
  rule: LineRule,
): SevereRun | undefined {
  if (before === undefined && count.bad <= 0) return undefined;
  const run = before ?? startRun(startMs);
  const partBad = run.partBad + count.bad;
  const partN = run.partN + count.n;
  const isWhole = partN >= leastPartRequests;
  if (isWhole && rule.logBelow({ bad: partBad, n: partN }, rule.limit) >= refutation) return undefined;
  return {
    from: run.from,
    requests: keptCount(run.requests + count.n),
    failures: keptCount(run.failures + count.bad),
    sourceBad: keptCount(run.sourceBad + (count.reference?.bad ?? 0)),
    sourceN: keptCount(run.sourceN + (count.reference?.n ?? 0)),
    failingSeconds: keptCount(run.failingSeconds + binSeconds * Math.min(1, count.bad / Math.max(1, count.n))),
    partBad: isWhole ? 0 : keptCount(partBad),
    partN: isWhole ? 0 : keptCount(partN),
    pods: [...new Set([...run.pods, ...pods])].slice(0, mostPods),
  };
}

function startRun(startMs: number): SevereRun {
  const nothing = {
    requests: 0,
    failures: 0,
    sourceBad: 0,
    sourceN: 0,
    failingSeconds: 0,
    partBad: 0,
    partN: 0,
    pods: [],
  };
  return { from: new Date(startMs).toISOString(), ...nothing };
}

type Severity = {
  readonly plan: MigrationSpec;
  /** Its evidence stands. */
  readonly stands: boolean;
  readonly serving: number;
  readonly sourceAnswers: boolean;
  /** Groups of the fleet with a process. */
  readonly populated: number;
};

/** Whether the line of severe harm is to be acted on now. What nobody asked the source about is the destination's. */
export function isSevere(
  { run, groups }: HarmLine,
  rule: LineRule,
  { plan, stands, serving, sourceAnswers, populated }: Severity,
): boolean {
  if (run === undefined || !stands || !sourceAnswers) return false;
  const own = { bad: run.failures, n: run.requests };
  const isManyPods = serving < mostPods || run.pods.length >= mostPods;
  const fleet = judgeFleet(groups, rule, { populated })?.verdict;
  const isProved =
    fleet === undefined
      ? rule.contrast(own, { bad: run.sourceBad, n: run.sourceN }) !== "unproved"
      : fleet === "fleet" || fleet === "unseen";
  return (
    isManyPods &&
    isProved &&
    run.failures >= leastSevereFailures &&
    run.failingSeconds >= durationSeconds(plan.rollback.severeFor)
  );
}
