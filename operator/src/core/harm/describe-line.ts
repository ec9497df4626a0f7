// A line of harm as one sentence: what was seen, in how many, since when, and against which limit.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { HarmLine, HarmLineName, SevereRun } from "@retriever/crds/status/harm-status.ts";
import { mostSlices } from "../detection/slice-lines.ts";
import { percent } from "../gates/gate-message.ts";

/**
 * One sentence with value, limit, n and time. Slices by number: their names are for the status alone. `verdict`: what was
 * decided of the source at the same time, which may be another one than the clock's over all pods.
 */
export function describeLine(line: HarmLine, plan: MigrationSpec, pastCutover: boolean, verdict?: string): string {
  const where = line.slice === null ? "" : ` in ${sliceName(line.slice)}`;
  if (line.run !== undefined) return describeRun(line.run, line.limit);
  const what = `${alertOf(line.line)}${whatOf(line, plan, pastCutover, verdict)}${where}`;
  const limit = `(limit ${percent(line.limit)})${doubtOf(line, verdict)}`;
  const { clock } = line;
  // The line's own counts are of the whole epoch, and would be taken for what was found.
  if (clock === undefined || clock.n === 0)
    return `${what}: found${clock === undefined ? "" : ` at ${clock.since}`}, nothing is counted since ${limit}`;
  const { bad, n, since } = clock;
  const share = Math.min(1, Math.max(0, bad / n));
  const counted = `${round(n)} ${unitOf(line, pastCutover)} since ${since}`;
  const measured =
    line.line === "recall" ? `by ${percent(share)} on average over ${counted}` : `${percent(share)} of ${counted}`;
  return `${what}: ${measured} ${limit}`;
}

/** `slice 3`, or what the last number stands for. */
function sliceName(slice: number): string {
  return slice === mostSlices ? "the other namespaces" : `slice ${slice}`;
}

function describeRun({ failures, requests, from }: SevereRun, limit: number): string {
  const share = percent(failures / Math.max(1, requests));
  return `live primary: ${share} of ${round(requests)} requests failed since ${from} while the source answers (limit ${percent(limit)})`;
}

/** The alert whose definition these lines are, whatever rule of an administrator is obeyed beside it. */
const varianceAlert = "RETR_DUAL_VARIANCE_HIGH";
const alertLines: readonly HarmLineName[] = ["score", "latency", "mismatch", "recall"];

function alertOf(line: HarmLineName): string {
  return alertLines.includes(line) ? `${varianceAlert}: ` : "";
}

function whatOf(
  { line, slice }: HarmLine,
  { thresholds }: MigrationSpec,
  pastCutover: boolean,
  verdict?: string,
): string {
  const { scoreDelta, latencyDelta, livePrimary } = thresholds;
  const what: Readonly<Record<HarmLineName, string>> = {
    score: `score lower by more than ${scoreDelta.limit} than the source`,
    latency: `slower by ${latencyDelta.limitMs} ms or more than the source`,
    mismatch: "another top chunk than the source",
    recall: "recall lower than the source's",
    content: "content of chunks missing at the destination, or another one than at the source",
    shadowErrors: "shadow errors",
    liveErrors: `live primary, requests failed${verdict === "unseen" ? "" : " that the source answers"}`,
    emptyAnswers: slice === null ? "live primary, answers came back empty" : "empty where the source answers",
    liveLatency: `live primary, slower than its p95 before the cutover by ${livePrimary.maxP95IncreaseMs} ms`,
    errors: pastCutover ? "requests failed that the source answers" : "shadow errors",
    severe: "live primary, requests failed",
  };
  return what[line];
}

function unitOf({ line, slice }: HarmLine, pastCutover: boolean): string {
  const isOfRequests = slice === null && ["liveErrors", "emptyAnswers", "liveLatency", "severe"].includes(line);
  return isOfRequests || (line === "errors" && pastCutover) ? "requests" : "samples";
}

function doubtOf({ clock }: HarmLine, verdict: string | undefined): string {
  if (verdict === "unproved" || (verdict === "waiting" && clock?.shared !== undefined))
    return "; the source may be as bad at the same time, so nothing is done about it";
  return "";
}

function round(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}
