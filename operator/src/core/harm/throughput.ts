// The application's own load and health, all requests, as the source served them: kept before anything is sampled,
// held against the new primary right after the cutover, and against the source after a rollback.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus, SourceBaseline } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { percent } from "../gates/gate-message.ts";
import type { Context } from "../model/context.ts";
import { secondsSince } from "../model/status-readings.ts";
import { sumWindow, type WindowSum } from "../pods/epoch-evidence.ts";
import { type Span, spansOf } from "../time/evidence-spans.ts";
import { latencyQuantileMs } from "./baseline.ts";
import { type Load, measureLoad } from "./load.ts";

/** The runbook's "expected throughput": half of what it was. More than before is no sign of anything wrong. */
const least = 0.5;
/** As many requests must have been expected before their number says something. */
const tellingRequests = 20;
/** ln(1/0.01): a load of half would have given so few requests in one case of a hundred at most. */
const sureness = 4.6;

/** Further apart two loads are those of other hours: less at night is no sign of anything. Seconds. */
const longestComparedSeconds = 3600;

type Throughput = "resumed" | "lower" | "unknown";

/** The load of the last five minutes, kept with the cutover; undefined when no pod tells. */
export function measureThroughput(c: Context): Pick<MigrationStatus, "throughput"> {
  const { perSecond, usualPerSecond = Number.POSITIVE_INFINITY } = answeredLoad(c, spansOf(c.plan).load);
  return keep(perSecond === undefined ? undefined : Math.min(perSecond, usualPerSecond));
}

/** What was asked for in the last five minutes, answered or not: what the source will be asked for after a rollback. */
export function measureDemand(c: Context): Pick<MigrationStatus, "throughput"> {
  return keep(measureLoad(c.serving, c.status.epoch, spansOf(c.plan).load, requestsOf).perSecond);
}

function keep(requestsPerSecond: number | undefined): Pick<MigrationStatus, "throughput"> {
  return requestsPerSecond === undefined ? {} : { throughput: { requestsPerSecond } };
}

/** Answered requests since the cutover against the five minutes before it. Only what is surely lower says "lower". */
export function judgeThroughput(c: Context): { readonly verdict: Throughput; readonly message: string } {
  const before = loadBefore(c) * followingShare(c);
  const { load, fast } = spansOf(c.plan);
  const window = windowOf(c, load);
  const { perSecond = 0 } = answeredLoad(c, load);
  const message = `${rateWord(perSecond)} requests/s are answered, before the cutover it was ${rateWord(before)} (expected at least ${least} times as many)`;
  const answered = answeredIn(window);
  const found = likelyPerSecond(c, load);
  // Where a whole window is too thin to tell rates apart, any answer is a sign of life.
  const isThin = before * load.seconds < tellingRequests;
  const isTelling = before * window.coveredSeconds >= tellingRequests;
  const isEnough = isThin ? found > 0 : isTelling && found >= before * least;
  if (isEnough) return { verdict: "resumed", message };
  // Pods that were replaced take their counts along; then the last seconds tell what is answered now.
  const isLower = [load, fast].every(
    (span) => windowOf(c, span).missing === 0 && likelyPerSecond(c, span) <= before * least,
  );
  // As many seconds of the whole fleet as were counted.
  const seconds = answered > 0 && perSecond > 0 ? answered / perSecond : window.coveredSeconds;
  const isSure = isLower && isSurelyFewer(found * seconds, before * least * seconds);
  const apart = isSure ? describeApart(c, load) : undefined;
  if (apart !== undefined) return { verdict: "unknown", message: `${message}; ${apart}` };
  return { verdict: isSure ? "lower" : "unknown", message };
}

/** As where no operator was there in between; undefined as long as the two can be compared. */
function describeApart(c: Context, { seconds }: Span): string | undefined {
  const apart = secondsSince(c, c.status.cutoverAt);
  const asked = durationSeconds(c.plan.cutover.validationTimeout) + seconds;
  return apart <= Math.max(longestComparedSeconds, asked)
    ? undefined
    : `${printDuration(apart)} later it may be the hour`;
}

/** What is answered, by all pods or as the middle ones bear out. */
function likelyPerSecond(c: Context, span: Span): number {
  const { perSecond = 0, usualPerSecond = 0 } = answeredLoad(c, span);
  return Math.max(perSecond, usualPerSecond);
}

/** The smaller of the five minutes and the stage before: neither a batch that ended nor a night is held against it. */
function loadBefore({ status }: Context): number {
  const known = [status.throughput?.requestsPerSecond, status.baseline?.requestsPerSecond];
  const loads = known.filter((one) => one !== undefined);
  return loads.length === 0 ? 0 : Math.min(...loads);
}

/** The part of the load that the pods at the destination can be expected to answer: who was left behind has its own. */
function followingShare({ acks }: Context): number {
  return acks.state === "quorum" ? acks.matched / Math.max(1, acks.pods) : 1;
}

/** Whether a Poisson count of this mean would hardly ever be so small (Chernoff's bound). */
function isSurelyFewer(count: number, mean: number): boolean {
  if (count >= mean) return false;
  return mean - count + (count === 0 ? 0 : count * Math.log(count / mean)) >= sureness;
}

/** What the source did before the first sample; undefined without a request. */
export function measureSource(c: Context): SourceBaseline | undefined {
  const span = spansOf(c.plan).alert;
  const { counters } = windowOf(c, span);
  const { perSecond } = measureLoad(c.serving, c.status.epoch, span, requestsOf);
  if (counters === null || counters.requests === 0 || perSecond === undefined) return undefined;
  return {
    requests: counters.requests,
    requestsPerSecond: perSecond,
    errorShare: Math.min(1, counters.errors / counters.requests),
    p50Ms: latencyQuantileMs(counters.latencyBuckets, 0.5) ?? 0,
    p95Ms: latencyQuantileMs(counters.latencyBuckets, 0.95) ?? 0,
    at: c.nowIso,
  };
}

/**
 * How the source does now, after a rollback: its health against what it did before the migration, its load against what
 * was asked for right before the rollback, since the hours differ. Undefined while too little was seen.
 */
export function compareSource(
  c: Context,
  before: SourceBaseline,
): { readonly isConfirmed: boolean; readonly message: string } | undefined {
  const now = measureSource(c);
  if (now === undefined || now.requests < tellingRequests) return undefined;
  const { maxErrorIncrease, maxP95IncreaseMs } = c.plan.thresholds.livePrimary;
  const load = c.status.throughput?.requestsPerSecond ?? before.requestsPerSecond;
  const expected = (load * now.requests) / now.requestsPerSecond;
  const isConfirmed =
    !isSurelyFewer(now.requests, expected * least) &&
    now.errorShare <= before.errorShare + maxErrorIncrease &&
    now.p95Ms <= before.p95Ms + maxP95IncreaseMs;
  const message = `${describe(now)}; right before ${rateWord(load)} requests/s; before the migration ${describe(before)}`;
  return { isConfirmed, message };
}

function describe({ requestsPerSecond, errorShare, p50Ms, p95Ms }: SourceBaseline): string {
  return `${rateWord(requestsPerSecond)} requests/s, ${percent(errorShare)} failed, p50 ${Math.round(p50Ms)} ms, p95 ${Math.round(p95Ms)} ms`;
}

function windowOf(c: Context, span: Span): WindowSum {
  return sumWindow(c.serving, c.status.epoch, span);
}

function answeredIn({ counters }: WindowSum): number {
  return counters === null ? 0 : answeredOf(counters);
}

function answeredOf({ requests, errors }: Counters): number {
  return Math.max(0, requests - errors);
}

function requestsOf({ requests }: Counters): number {
  return requests;
}

function answeredLoad(c: Context, span: Span): Load {
  return measureLoad(c.serving, c.status.epoch, span, answeredOf);
}

/** Requests per second, to two digits. */
export function rateWord(value: number): string {
  return String(Number(value.toPrecision(2)));
}
