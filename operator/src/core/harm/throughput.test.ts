// Load and health by the numbers: what is compared, from how many requests on, and both ends of every range.
import type { MigrationStatus, SourceBaseline } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { describe, expect, it } from "vitest";
import { aContext } from "#test/builders/context.ts";
import { allAt, someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aPod, noon } from "#test/builders/world.ts";
import type { Context } from "../model/context.ts";
import { type Span, spansOf } from "../time/evidence-spans.ts";
import { compareSource, judgeThroughput, measureSource, measureThroughput } from "./throughput.ts";

const { fast, alert } = spansOf(aSpec());

/** One pod that counted this in a span, of which so many seconds are covered. */
function seen(span: Span, counters: Partial<Counters>, coveredSeconds: number, status: Partial<MigrationStatus> = {}) {
  const c = aContext("CuttingOver", { status });
  const pod = aPod().saying(({ evidence }) => ({
    evidence: {
      ...evidence,
      epoch: c.status.epoch,
      windows: [{ ...span, coveredSeconds, counters: someCounters(counters) }],
    },
  }));
  return { ...c, serving: [pod.build()] } satisfies Context;
}
const unseen = () => ({ ...aContext("CuttingOver"), serving: [aPod().silent().build()] }) satisfies Context;

describe("the load that is kept with a cutover", () => {
  it("is that of answered requests, over the time that is covered", () => {
    expect(measureThroughput(seen(fast, { requests: 100, errors: 10 }, 10))).toEqual({ requestsPerSecond: 9 });
  });

  it("is none while no pod tells, or no time is covered", () => {
    expect(measureThroughput(unseen())).toBeUndefined();
    expect(measureThroughput(seen(fast, { requests: 100 }, 0))).toBeUndefined();
  });
});

describe("the load after a cutover", () => {
  const judge = (before: number, answered: number, coveredSeconds: number) =>
    judgeThroughput(seen(fast, { requests: answered }, coveredSeconds, { throughput: { requestsPerSecond: before } }));

  it.each([
    ["as before", 10, 100, "resumed"],
    ["half as much", 10, 50, "resumed"],
    ["less than half", 10, 49, "different"],
    ["twice as much", 10, 200, "resumed"],
    ["more than twice", 10, 201, "different"],
    ["none", 10, 0, "different"],
    ["enough expected", 2, 20, "resumed"],
    ["too few expected in what is covered", 1.9, 19, "tooEarly"],
    ["too few in any window, but an answer", 1.3, 1, "resumed"],
    ["too few in any window, and no answer", 1.3, 0, "tooThin"],
  ] as const)("of ten seconds, %s: %s/s before, %s requests now are %s", (_what, before, answered, verdict) => {
    expect(judge(before, answered, 10).verdict).toBe(verdict);
  });

  it("tells rates apart from twenty expected requests in a whole window on", () => {
    expect(judge(20 / fast.seconds, 0, fast.seconds).verdict).toBe("different");
    expect(judge(19.9 / fast.seconds, 0, fast.seconds).verdict).toBe("tooThin");
  });

  it("states both rates", () => {
    expect(judge(10, 123, 10)).toEqual({
      verdict: "resumed",
      message: "12 requests/s are answered, before the cutover it were 10 (within 0.5 to 2 times)",
    });
  });

  it("can't be judged while no pod tells", () => {
    expect(judgeThroughput(unseen())).toEqual({
      verdict: "tooEarly",
      message: "0 requests/s are answered, before the cutover it were 0 (within 0.5 to 2 times)",
    });
  });

  it("is held against the baseline where none was kept with the cutover", () => {
    const baseline = { requestsPerSecond: 3 } as MigrationStatus["baseline"];
    const c = aContext("CuttingOver");
    expect(judgeThroughput({ ...c, status: { ...c.status, baseline } }).message).toContain("it were 3 (");
  });
});

describe("the source's own measure", () => {
  it("is its load, its failures and its latency, over the alert's window", () => {
    const counters = { requests: 600, errors: 6, latencyBuckets: allAt(2, 600) };
    expect(measureSource(seen(alert, counters, 300))).toEqual({
      requests: 600,
      requestsPerSecond: 2,
      errorShare: 0.01,
      p50Ms: 1.75,
      p95Ms: 2.425,
      at: new Date(noon).toISOString(),
    });
  });

  it("is none without a request, a covered time or a pod that tells", () => {
    expect(measureSource(seen(alert, { requests: 0 }, 300))).toBeUndefined();
    expect(measureSource(seen(alert, { requests: 1 }, 0))).toBeUndefined();
    expect(measureSource(unseen())).toBeUndefined();
  });

  it("counts no more failures than requests", () => {
    expect(measureSource(seen(alert, { requests: 2, errors: 3 }, 300))?.errorShare).toBe(1);
  });
});

describe("the source after a rollback", () => {
  const before: SourceBaseline = {
    requests: 600,
    requestsPerSecond: 2,
    errorShare: 0.25,
    p50Ms: 1.75,
    p95Ms: 2.425,
    at: "2026-03-01T10:00:00Z",
  };
  const { maxErrorIncrease, maxP95IncreaseMs } = aSpec().thresholds.livePrimary;
  const compare = (more: Partial<Counters>, baseline: Partial<SourceBaseline> = {}) => {
    const counters = { requests: 600, errors: 150, latencyBuckets: allAt(2, 600), ...more };
    return compareSource(seen(alert, counters, 300), { ...before, ...baseline });
  };

  it.each([
    ["as before", {}, {}, true],
    ["half as many requests", {}, { requestsPerSecond: 4 }, true],
    ["less than half", {}, { requestsPerSecond: 4.01 }, false],
    ["twice as many", {}, { requestsPerSecond: 1 }, true],
    ["more than twice", {}, { requestsPerSecond: 0.99 }, false],
    ["more failures, within the limit", {}, { errorShare: 0.25 - maxErrorIncrease }, true],
    ["more failures", {}, { errorShare: 0.2499 - maxErrorIncrease }, false],
    ["slower beyond the limit", {}, { p95Ms: 2.42 - maxP95IncreaseMs }, false],
    ["slower, within the limit", {}, { p95Ms: 2.43 - maxP95IncreaseMs }, true],
  ] as const)("does as before: %s", (_what, more, baseline, isConfirmed) => {
    expect(compare(more, baseline)?.isConfirmed).toBe(isConfirmed);
  });

  it("is told with both measures", () => {
    expect(compare({})?.message).toBe(
      "2 requests/s, 25 % failed, p50 2 ms, p95 2 ms; before the migration 2 requests/s, 25 % failed, p50 2 ms, p95 2 ms",
    );
  });

  it("isn't compared before twenty requests were seen", () => {
    expect(compare({ requests: 19, errors: 0 })).toBeUndefined();
    expect(compare({ requests: 20, errors: 0 })?.isConfirmed).toBe(false);
    expect(compareSource(unseen(), before)).toBeUndefined();
  });
});
