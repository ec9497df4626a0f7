// The application's own load and health, all requests, as the source served them: kept before anything is sampled,
// held against the new primary right after the cutover, and against the source after a rollback.
import type { SourceBaseline } from "@retriever/crds/status/migration-status.ts";
import { percent } from "../gates/gate-message.ts";
import type { Context } from "../model/context.ts";
import { sumWindow, type WindowSum } from "../pods/epoch-evidence.ts";
import { type Span, spansOf } from "../time/evidence-spans.ts";
import { latencyQuantileMs } from "./baseline.ts";

/** The runbook's "expected throughput": within half and twice what it was. */
const least = 0.5;
const most = 2;
/** As many requests must have been expected before their number says something. */
const tellingRequests = 20;

type Throughput = "resumed" | "different" | "tooEarly" | "tooThin";

/** The load of the fast window, kept with the cutover; undefined when no pod tells. */
export function measureThroughput(c: Context): { readonly requestsPerSecond: number } | undefined {
  const rate = rateOf(windowOf(c, spansOf(c.plan).fast));
  return rate === undefined ? undefined : { requestsPerSecond: rate };
}

/** Answered requests since the cutover against what was kept, over windows of the same length. */
export function judgeThroughput(c: Context): { readonly verdict: Throughput; readonly message: string } {
  const before = loadBefore(c);
  const window = windowOf(c, spansOf(c.plan).fast);
  const { counters, coveredSeconds } = window;
  const expected = before * coveredSeconds;
  const now = rateOf(window) ?? 0;
  const message = `${rate(now)} requests/s are answered, before the cutover it were ${rate(before)} (within ${least} to ${most} times)`;
  if (counters === null) return { verdict: "tooEarly", message };
  // Where a whole window is too thin to tell rates apart, any answer is a sign of life.
  if (before * spansOf(c.plan).fast.seconds < tellingRequests)
    return { verdict: now > 0 ? "resumed" : "tooThin", message };
  if (expected < tellingRequests) return { verdict: "tooEarly", message };
  const isSame = now >= before * least && now <= before * most;
  return { verdict: isSame ? "resumed" : "different", message };
}

function loadBefore({ status }: Context): number {
  return status.throughput?.requestsPerSecond ?? status.baseline?.requestsPerSecond ?? 0;
}

/** What the source did before the first sample; undefined without a request. */
export function measureSource(c: Context): SourceBaseline | undefined {
  const window = windowOf(c, spansOf(c.plan).alert);
  const { counters } = window;
  if (counters === null || counters.requests === 0 || window.coveredSeconds <= 0) return undefined;
  return {
    requests: counters.requests,
    requestsPerSecond: counters.requests / window.coveredSeconds,
    errorShare: Math.min(1, counters.errors / counters.requests),
    p50Ms: latencyQuantileMs(counters.latencyBuckets, 0.5) ?? 0,
    p95Ms: latencyQuantileMs(counters.latencyBuckets, 0.95) ?? 0,
    at: c.nowIso,
  };
}

/** How the source does now, after a rollback, against what it did then; undefined while too little was seen. */
export function compareSource(
  c: Context,
  before: SourceBaseline,
): { readonly isConfirmed: boolean; readonly message: string } | undefined {
  const now = measureSource(c);
  if (now === undefined || now.requests < tellingRequests) return undefined;
  const { maxErrorIncrease, maxP95IncreaseMs } = c.plan.thresholds.livePrimary;
  const isConfirmed =
    now.requestsPerSecond >= before.requestsPerSecond * least &&
    now.requestsPerSecond <= before.requestsPerSecond * most &&
    now.errorShare <= before.errorShare + maxErrorIncrease &&
    now.p95Ms <= before.p95Ms + maxP95IncreaseMs;
  return { isConfirmed, message: `${describe(now)}; before the migration ${describe(before)}` };
}

function describe({ requestsPerSecond, errorShare, p50Ms, p95Ms }: SourceBaseline): string {
  return `${rate(requestsPerSecond)} requests/s, ${percent(errorShare)} failed, p50 ${Math.round(p50Ms)} ms, p95 ${Math.round(p95Ms)} ms`;
}

function windowOf(c: Context, span: Span): WindowSum {
  return sumWindow(c.serving, c.status.epoch, span);
}

/** Answered requests per second; undefined when nothing covers a time. */
function rateOf({ counters, coveredSeconds }: WindowSum): number | undefined {
  return counters === null || coveredSeconds <= 0 ? undefined : (counters.requests - counters.errors) / coveredSeconds;
}

function rate(value: number): string {
  return String(Number(value.toPrecision(2)));
}
