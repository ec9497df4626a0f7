// Whether the destination does harm now, and what is to be done about it: the lines' evidence, and the alert of a Prometheus.
import type { HarmAction, MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { DetectionState, HarmLine } from "@retriever/crds/status/harm-status.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { logThreshold } from "../detection/detection.ts";
import { logEvidence } from "../detection/detector.ts";
import { judgeFleet } from "../detection/fleet-parts.ts";
import { type CounterLine, type LineRule, trafficLines } from "../detection/lines.ts";
import { isSevere } from "../detection/severe-run.ts";
import { sliceLinesOf } from "../detection/slice-lines.ts";
import type { AlertsRead } from "../model/alert-observation.ts";
import type { Finding, Harm } from "../model/context.ts";
import { instantMs, isPastCutover } from "../model/status-readings.ts";
import type { PodObservation } from "../model/workload.ts";
import { hasBins } from "../pods/epoch-evidence.ts";
import { nameSome } from "../pods/pods.ts";
import { knownProcesses, populatedGroups } from "../pods/processes.ts";
import { describeLine } from "./describe-line.ts";
import { fewPodsOf } from "./few-pods.ts";
import { judgeFirings } from "./firing.ts";
import { makeOwnEvidence } from "./side-of-limit.ts";

type HarmInput = {
  readonly plan: MigrationSpec;
  /** With the detection brought up to date. */
  readonly status: MigrationStatus;
  readonly serving: readonly PodObservation[];
  readonly sourceAnswers: boolean;
  readonly differenceIsHarmless: boolean;
  readonly now: number;
  /** What a Prometheus says, beside the sidecars' evidence. */
  readonly alerts?: AlertsRead | undefined;
};

/** The sidecars' evidence, and the alert of a Prometheus where one is asked: either may act, all causes are kept. */
export function judgeHarm(input: HarmInput): Harm {
  const own = judgeLines(input);
  const { findings, due } = judgeFirings({ ...input, ownEvidence: makeOwnEvidence(input) });
  if (findings.length === 0) return own;
  return {
    findings: [...own.findings, ...findings],
    weighing: [...own.weighing, ...findings.filter(isWeighing)],
    due: [...own.due, ...due],
    since: own.since,
    known: true,
  };
}

/** Before the first revision the evidence is the application's own affair. */
function judgeLines(input: HarmInput): Harm {
  const { status, serving } = input;
  const detection = status.detection?.epoch === status.epoch ? status.detection : undefined;
  const known = serving.some((pod) => hasBins(pod, status.epoch));
  if (status.revision === undefined || detection === undefined) {
    return { findings: [], weighing: [], due: [], since: undefined, known: status.revision !== undefined && known };
  }
  const judged = standingLines(input, detection).map((standing) => toFinding(standing, input));
  const severeFirst = judged.toSorted(
    (a, b) => Number(b.finding.rule === "severe") - Number(a.finding.rule === "severe"),
  );
  const findings = severeFirst.map(({ finding }) => finding);
  const since = severeFirst.flatMap(({ finding, sinceMs }) =>
    isWeighing(finding) && sinceMs !== undefined ? [sinceMs] : [],
  );
  return {
    findings,
    weighing: findings.filter(isWeighing),
    due: severeFirst.flatMap(({ finding, isDue }) => (isDue ? [finding] : [])),
    since: since.length === 0 ? undefined : Math.min(...since),
    known,
  };
}

/** `rule` counts for single pods where it is about all traffic. */
type Standing = { readonly line: HarmLine; readonly rule: LineRule; readonly byPod?: CounterLine };

function standingLines({ plan, status, differenceIsHarmless }: HarmInput, detection: DetectionState): Standing[] {
  const running = detection.lines.filter(({ clock, run }) => clock !== undefined || run !== undefined);
  if (running.length === 0) return [];
  const pastCutover = isPastCutover(status);
  const facts = { plan, baseline: status.baseline, pastCutover, differenceIsHarmless };
  const [traffic, slices] = [trafficLines(facts), sliceLinesOf(facts)];
  return running.flatMap((line): Standing[] => {
    const byPod = line.slice === null ? traffic.find((one) => one.line === line.line) : undefined;
    const rule = line.slice === null ? byPod : slices.find((one) => one.line === line.line);
    // A line whose limit is now out of reach has been disarmed.
    if (rule === undefined || rule.limit >= 1) return [];
    return [{ line, rule, ...(byPod === undefined ? {} : { byPod }) }];
  });
}

type Judged = { readonly finding: Finding; readonly isDue: boolean; readonly sinceMs: number | undefined };

function toFinding(standing: Standing, input: HarmInput): Judged {
  const { line, rule } = standing;
  const { plan, status, serving, sourceAnswers } = input;
  const finding: MakeFinding = (action, verdict) => ({
    rule: ruleOf(line),
    action,
    message: describeLine(line, plan, isPastCutover(status), verdict),
  });
  if (line.line === "severe") {
    const stands = logEvidence(line.logs) >= logThreshold(plan, isPastCutover(status), rule.weight);
    const sinceMs = instantMs(line.run?.from);
    const populated = populatedGroups(status.evidence);
    const isDue =
      isSevere(line, rule, { plan, stands, serving: serving.length, sourceAnswers, populated }) &&
      fewPods(standing, sinceMs, input) === undefined;
    // A few failed requests are no finding yet, nor are those of a few pods; the other lines speak of them.
    return { finding: finding(isDue ? rule.action : "Observe"), isDue, sinceMs };
  }
  return judgeLasting(standing, finding, input);
}

type MakeFinding = (action: HarmAction, verdict?: string) => Finding;

/** A line with a clock: due once it has lasted, for the whole fleet where that can be told. */
function judgeLasting(standing: Standing, finding: MakeFinding, input: HarmInput): Judged {
  const { line, rule } = standing;
  const sinceMs = instantMs(line.clock?.since);
  const { verdict, odd } = lastingVerdict(standing, input.status);
  const isFleet = dueVerdicts.includes(verdict) && isMove(rule.action);
  const few = odd === undefined ? isFleet && fewPods(standing, sinceMs, input) : oddPods(odd, input);
  // What a few pods show was decided of the source over all of them.
  const told = verdict === "few" ? line.clock?.verdict : verdict;
  if (few) return { finding: aloneIn(finding("Hold", told), few), isDue: true, sinceMs };
  const isWithheld = verdict === "unseen" && rule.action === "Rollback";
  const withheld = isWithheld ? { withheld: "the source was not asked at the same time, so it may be as bad" } : {};
  return { finding: { ...finding(rule.action, told), ...withheld }, isDue: dueVerdicts.includes(verdict), sinceMs };
}

type Lasting = { readonly verdict: string; readonly odd?: readonly number[] };

/** With the groups of the fleet whose harm alone it is. */
function lastingVerdict({ line, rule }: Standing, { evidence }: MigrationStatus): Lasting {
  const own = line.clock?.verdict ?? "waiting";
  const asked = { populated: populatedGroups(evidence), isChosen: line.clock?.shared !== undefined };
  const fleet = own === "waiting" ? undefined : judgeFleet(line.groups, rule, asked);
  if (fleet === undefined) return { verdict: own };
  if (fleet.verdict !== "few") return { verdict: fleet.verdict };
  return own === "unproved" || !isMove(rule.action) ? { verdict: own } : { verdict: "few", odd: fleet.odd };
}

function fewPods(
  { byPod }: Standing,
  sinceMs: number | undefined,
  { plan, serving, status, now }: HarmInput,
): readonly string[] | undefined {
  return byPod === undefined ? undefined : fewPodsOf(byPod, { plan, serving, epoch: status.epoch, sinceMs, now });
}

const dueVerdicts: readonly string[] = ["fleet", "worse", "unseen"];

/** What moves traffic needs more than a few pods' word. */
function isMove(action: HarmAction): boolean {
  return action === "Rollback" || action === "StepDown";
}

/** Harm that a person has to look at, since it is that of a few pods: theirs alone, or their word alone. */
function aloneIn({ message, ...rest }: Finding, pods: readonly string[]): Finding {
  const without = pods.length === 0 ? "without the pods that are gone by now" : `without ${nameSome(pods)}`;
  return { ...rest, reason: "OnePodAlone", message: `${message}; nothing of it is left ${without}` };
}

function oddPods(odd: readonly number[], { serving, status }: HarmInput): readonly string[] {
  const known = knownProcesses(status.evidence, status.epoch);
  return serving.flatMap(({ name, uid }) => (odd.includes(known(uid)?.group ?? -1) ? [name] : []));
}

function ruleOf({ line }: HarmLine): Finding["rule"] {
  switch (line) {
    case "severe":
      return "severe";
    case "liveErrors":
    case "emptyAnswers":
    case "liveLatency":
    case "errors":
      return "livePrimary";
    case "shadowErrors":
    case "content":
      return line;
    default:
      return "alert";
  }
}

function isWeighing(finding: Finding): boolean {
  return finding.action !== "Observe";
}
