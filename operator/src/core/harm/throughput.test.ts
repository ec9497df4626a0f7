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
import { compareSource, judgeThroughput, measureDemand, measureSource, measureThroughput } from "./throughput.ts";

const { fast, alert, load } = spansOf(aSpec());

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

describe("the load that is kept", () => {
  it("with a cutover is that of answered requests, over the time that is covered", () => {
    const c = seen(load, { requests: 100, errors: 10 }, 10);
    expect(measureThroughput(c)).toEqual({ throughput: { requestsPerSecond: 9 } });
  });

  it("with a rollback is what was asked for, answered or not", () => {
    expect(measureDemand(seen(load, { requests: 100, errors: 100 }, 10))).toEqual({
      throughput: { requestsPerSecond: 10 },
    });
  });

  it("is none while no pod tells, or no time is covered", () => {
    expect(measureThroughput(unseen())).toEqual({});
    expect(measureThroughput(seen(load, { requests: 100 }, 0))).toEqual({});
  });
});

describe("the load after a cutover", () => {
  /** Answered in the load's window, of which so much is covered; the last seconds are like the rest unless named. */
  const after = (
    before: number,
    answered: number,
    coveredSeconds: number,
    now = answered / coveredSeconds,
  ): Context => {
    const c = aContext("CuttingOver", { status: { throughput: { requestsPerSecond: before } } });
    const window = (span: Span, covered: number, requests: number) => ({
      ...span,
      coveredSeconds: covered,
      counters: someCounters({ requests }),
    });
    const recent = Math.min(fast.seconds, coveredSeconds);
    const windows = [window(load, coveredSeconds, answered), window(fast, recent, now * recent)];
    const pod = aPod().saying(({ evidence }) => ({ evidence: { ...evidence, epoch: c.status.epoch, windows } }));
    return { ...c, serving: [pod.build()] };
  };
  const judge = (...asked: Parameters<typeof after>) => judgeThroughput(after(...asked)).verdict;

  it.each([
    ["as before", 10, 1000, 100, "resumed"],
    ["half as much", 10, 500, 100, "resumed"],
    ["three times as much", 10, 3000, 100, "resumed"],
    ["a little less than half, which chance may be", 10, 499, 100, "unknown"],
    ["a third", 10, 333, 100, "lower"],
    ["none", 10, 0, 100, "lower"],
    ["enough expected", 2, 20, 10, "resumed"],
    ["too few expected in what is covered", 1.9, 19, 10, "unknown"],
    ["too few in any window, but an answer", 0.06, 1, 100, "resumed"],
    ["too few in any window, and no answer", 0.06, 0, 100, "unknown"],
    ["none of the few, for as long as a window is", 0.06, 0, 300, "lower"],
  ] as const)("of %s: %s/s before, %s requests in %s s are %s", (...row) => {
    const [, before, answered, covered, verdict] = row;
    expect(judge(before, answered, covered)).toBe(verdict);
  });

  it("with a quorum is held against the part of the pods that follow: the others answer theirs from the source", () => {
    const c = after(10, 400, 100);
    const acks = { state: "quorum", pods: 10, matched: 4, lagging: [], lost: [], fenced: ["a"] } as const;
    expect([judgeThroughput(c).verdict, judgeThroughput({ ...c, acks }).verdict]).toEqual(["lower", "resumed"]);
  });

  it("is sure of less where half would have given so few in one case of a hundred", () => {
    expect(judge(1, 0, 9.2)).toBe("lower");
    expect(judge(1, 0, 9.1)).toBe("unknown");
  });

  it("isn't lower while the last seconds are as before: pods that were replaced took their counts along", () => {
    expect(judge(10, 300, 100, 10)).toBe("unknown");
    expect(judge(10, 300, 100, 5)).toBe("lower");
  });

  it("isn't lower while a pod doesn't tell", () => {
    const c = after(10, 0, 100);
    expect(judgeThroughput({ ...c, serving: [...c.serving, aPod("other").build()] }).verdict).toBe("unknown");
  });

  it("is held against the smaller of the five minutes and the stage before", () => {
    const baseline = { requestsPerSecond: 3 } as MigrationStatus["baseline"];
    const c = after(30, 200, 100);
    expect(judgeThroughput({ ...c, status: { ...c.status, baseline } })).toEqual({
      verdict: "resumed",
      message: "2 requests/s are answered, before the cutover it was 3 (expected at least 0.5 times as many)",
    });
    const { throughput: _throughput, ...status } = c.status;
    expect(judgeThroughput({ ...c, status: { ...status, baseline } }).message).toContain("it was 3 (");
  });

  it("isn't known while no pod tells", () => {
    expect(judgeThroughput(unseen())).toEqual({
      verdict: "unknown",
      message: "0 requests/s are answered, before the cutover it was 0 (expected at least 0.5 times as many)",
    });
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
    ["a little less, which chance may be", {}, { requestsPerSecond: 4.01 }, true],
    ["a third", {}, { requestsPerSecond: 6 }, false],
    ["ten times as many", {}, { requestsPerSecond: 0.2 }, true],
    ["more failures, within the limit", {}, { errorShare: 0.25 - maxErrorIncrease }, true],
    ["more failures", {}, { errorShare: 0.2499 - maxErrorIncrease }, false],
    ["slower beyond the limit", {}, { p95Ms: 2.42 - maxP95IncreaseMs }, false],
    ["slower, within the limit", {}, { p95Ms: 2.43 - maxP95IncreaseMs }, true],
  ] as const)("does as before: %s", (_what, more, baseline, isConfirmed) => {
    expect(compare(more, baseline)?.isConfirmed).toBe(isConfirmed);
  });

  it("is told with both measures", () => {
    expect(compare({})?.message).toBe(
      "2 requests/s, 25 % failed, p50 2 ms, p95 2 ms; right before 2 requests/s; before the migration 2 requests/s, 25 % failed, p50 2 ms, p95 2 ms",
    );
  });

  it("has its load held against the one right before the rollback: a night isn't a morning", () => {
    const quiet = { throughput: { requestsPerSecond: 0.2 } };
    const c = seen(alert, { requests: 60, errors: 15, latencyBuckets: allAt(2, 60) }, 300, quiet);
    expect(compareSource(c, { ...before, requestsPerSecond: 20 })).toMatchObject({
      isConfirmed: true,
      message: expect.stringContaining("; right before 0.2 requests/s; before the migration 20 requests/s, "),
    });
  });

  it("isn't compared before twenty requests were seen", () => {
    expect(compare({ requests: 19, errors: 0 })).toBeUndefined();
    expect(compare({ requests: 20, errors: 0 })?.isConfirmed).toBe(false);
    expect(compareSource(unseen(), before)).toBeUndefined();
  });
});
