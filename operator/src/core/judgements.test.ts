// Small judgements on a few facts: reachable, the way back, claims, equality of data.

import type { Phase } from "@retriever/crds/migration-status.ts";
import { planHash } from "@retriever/crds/plan.ts";
import type { StoreStatus } from "@retriever/sidecar/contract/status.ts";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, anObservation, aPod, noon } from "#test/builders/world.ts";
import { latencyQuantileMs, measureBaseline } from "./baseline.ts";
import { rivalOf, rolledBackBefore } from "./claims.ts";
import { isSameData } from "./deep-equal.ts";
import type { Observation } from "./model/observation.ts";
import { postmortemFact } from "./postmortem.ts";
import { judgeReachable } from "./reachable.ts";
import { isWayBackClosed, judgeRollbackReady } from "./rollback-ready.ts";

const probing = aMigration().in("Preflight").build();
const guarding = aMigration().in("Guard").build();

/** Two pods; the first sees the store like this. */
function seeing(store: "source" | "destination", more: Partial<StoreStatus>, both = false): Observation {
  const pods = ["pod-1", "pod-2"].map((name, index) => {
    const pod = aPod(name).following(guarding);
    return (index === 0 || both ? pod.seeing(store, more) : pod).build();
  });
  return anObservation(guarding, {}, { pods: { ok: true, value: pods } });
}

const fault = (code: string) => ({ code, message: `because of ${code}`, at: "2026-03-01T12:00:00Z" });

describe("reachable", () => {
  it.each([
    ["AllPodsReached", {}],
    ["NotProbed", { reachable: null, authenticated: null, exists: null, dimension: null }],
    ["Unreachable", { reachable: false }],
    ["TlsNotVerified", { tls: "failed" }],
    ["CredentialRefused", { authenticated: false }],
    ["CollectionMissing", { exists: false }],
    ["WrongDimension", { dimension: 768 }],
    ["CredentialMissing", { lastError: fault("RETR_CREDENTIAL_MISSING") }],
    ["CredentialNotAllowed", { lastError: fault("RETR_CREDENTIAL_NOT_ALLOWED") }],
    ["HostNotAllowed", { lastError: fault("RETR_HOST_NOT_ALLOWED") }],
    ["Unreachable", { reachable: false, lastError: fault("RETR_BACKEND_UNAVAILABLE") }],
  ] as [string, Partial<StoreStatus>][])("%s", (reason, view) => {
    const result = judgeReachable(seeing("destination", view));
    expect(result.reason).toBe(reason);
    expect(result.status).toBe(reason === "AllPodsReached" ? "True" : reason === "NotProbed" ? "Unknown" : "False");
    expect(result.message.includes("because of")).toBe(view.lastError !== undefined);
  });

  it("is Unknown without pods, without a list of pods, and while the source's dimension isn't known", () => {
    expect(judgeReachable(anObservation(probing, {}, { pods: { ok: true, value: [] } })).status).toBe("Unknown");
    expect(judgeReachable(anObservation(probing, {}, { pods: { ok: false, why: "timed out" } })).status).toBe(
      "Unknown",
    );
    expect(judgeReachable(seeing("source", { dimension: null }, true)).reason).toBe("SourceNotProbed");
  });
});

describe("RollbackReady", () => {
  const judge = (observation: Observation, writes: "Both" | "SourceOnly" | "DestinationAfterCutover" = "Both") =>
    judgeRollbackReady(aSpec({ writes }), guarding.status, observation);

  it.each([
    ["SourceAnswers", {}],
    ["SourceFailing", { reachable: false, lastOkAgeSeconds: 16 }],
    ["SourceFailing", { authenticated: false, lastOkAgeSeconds: null, lastError: fault("RETR_X") }],
    ["SourceFailing", { exists: false, lastOkAgeSeconds: 20 }],
    ["SourceFailing", { tls: "failed", lastOkAgeSeconds: 20 }],
    ["SourceAnswers", { reachable: false, lastOkAgeSeconds: 15 }],
    ["SourceNotSeen", { reachable: false, lastOkAgeSeconds: 60, probeAgeSeconds: 16 }],
    ["SourceNotSeen", { lastOkAgeSeconds: null, probeAgeSeconds: null }],
    ["FreshnessUnknown", { newestUpdatedAt: null }],
    ["FreshnessUnknown", { newestUpdatedAt: "yesterday" }],
    ["SourceStale", { newestUpdatedAt: "2025-12-31T23:44:00.000Z" }],
    ["SourceAnswers", { newestUpdatedAt: "2025-12-31T23:45:00.000Z" }],
  ] satisfies [string, Partial<StoreStatus>][])("%s", (reason, view) => {
    const ready = judge(seeing("source", view, true));
    expect(ready.reason).toBe(reason);
    expect(isWayBackClosed(ready)).toBe(reason === "SourceFailing");
  });

  it("fails from half the pods on, and says what they say", () => {
    const ready = judge(seeing("source", { reachable: false, lastOkAgeSeconds: 60, lastError: fault("RETR_X") }));
    expect(ready).toMatchObject({ status: "False", reason: "SourceFailing" });
    expect(ready.message).toContain("from 1 of 2 pods: because of RETR_X");
  });

  it("names the store whose freshness isn't known", () => {
    expect(judge(seeing("destination", { newestUpdatedAt: null }, true)).message).toContain("of the destination");
  });

  it("says what a rollback would hide when not both stores are written to", () => {
    expect(judge(anObservation(guarding), "SourceOnly").message).toContain("nothing");
    expect(judge(anObservation(guarding), "DestinationAfterCutover")).toMatchObject({
      status: "True",
      reason: "StaleByDesign",
    });
  });

  it("is Unknown, which stops no rollback, when no sidecar answers", () => {
    const silent = anObservation(guarding, {}, { pods: { ok: true, value: [aPod().silent().build()] } });
    const ready = judge(silent);
    expect([ready.status, isWayBackClosed(ready)]).toEqual(["Unknown", false]);
  });
});

describe("claims", () => {
  const claim = (
    more: Partial<{ uid: string; createdAt: number; phase: Phase; accepted: boolean; settled: boolean }>,
  ) => ({
    name: "other",
    uid: "other",
    createdAt: probing.meta.createdAt,
    phase: "Pending" as Phase,
    accepted: false,
    settled: false,
    ...more,
  });
  it.each([
    ["created earlier", { createdAt: 0 }, true],
    ["created later", { createdAt: 9e12 }, false],
    ["created later but accepted", { createdAt: 9e12, accepted: true, phase: "Guard" }, true],
    ["created at the same time, lower uid", { uid: "a" }, true],
    ["created at the same time, higher uid", { uid: "z" }, false],
    ["rolled back", { createdAt: 0, accepted: true, phase: "RolledBack" }, false],
    ["validated", { createdAt: 0, accepted: true, phase: "Validated" }, false],
    ["completed, not settled", { accepted: true, phase: "Completed" }, true],
    ["completed and settled", { accepted: true, phase: "Completed", settled: true }, false],
  ] as const)("%s", (_name, more, isRival) => {
    expect(rivalOf(probing.meta, aSpec(), [claim(more)]) !== undefined).toBe(isRival);
  });
});

describe("isSameData", () => {
  it.each([
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [{ a: 1 }, { b: 1 }, false],
    [null, {}, false],
    ["a", "a", true],
    [{ a: undefined }, { b: undefined }, true],
    [Number.NaN, Number.NaN, true],
  ])("%o and %o: %s", (a, b, same) => {
    expect(isSameData(a, b)).toBe(same);
  });
});

describe("the baseline", () => {
  const counted = someCounters({ requests: 200, errors: 4, empty: 10, answered: 100, mismatch: 30 });

  it("keeps the first measured mismatch, with its samples where they were kept", () => {
    const first = measureBaseline(counted, 100, undefined);
    expect(first).toMatchObject({ mismatchShare: 0.3, mismatchSamples: 100, requestsPerSecond: 2 });
    expect(first).toMatchObject({ requests: 200, errorShare: 0.02, emptyShare: 0.05, p95Ms: 0 });
    const later = someCounters({ requests: 10, answered: 10, mismatch: 9 });
    expect(measureBaseline(later, 1, first)).toMatchObject({ mismatchShare: 0.3, mismatchSamples: 100 });
    const { mismatchSamples: _samples, ...old } = first;
    expect(measureBaseline(later, 1, old)).not.toHaveProperty("mismatchSamples");
    expect(measureBaseline(later, 1, { ...first, mismatchShare: null }).mismatchShare).toBe(0.9);
  });

  it("divides by nothing smaller than one", () => {
    expect(measureBaseline(someCounters(), 0, undefined)).toMatchObject({ errorShare: 0, requestsPerSecond: 0 });
  });

  it("takes quantiles linearly within a bucket, the first from 0 on", () => {
    expect(latencyQuantileMs([10], 0.5)).toBe(0.5);
    expect(latencyQuantileMs([0, 10], 0.5)).toBe(1.75);
    expect(latencyQuantileMs([10, 10], 0.5)).toBe(1);
    expect(latencyQuantileMs([], 0.5)).toBeNull();
  });
});

it("no claim of a plan that was rolled back is known while claims can't be read, or of another plan or phase", () => {
  const plan = aSpec();
  const hash = planHash(plan);
  const claim = (more: object) => ({
    name: "a",
    uid: "a",
    createdAt: 0,
    phase: "RolledBack",
    accepted: true,
    settled: true,
    planHash: hash,
    ...more,
  });
  const before = (claims: unknown) => rolledBackBefore(plan, { claims } as never)?.name;
  expect(before({ ok: true, value: [claim({ planHash: "other" }), claim({ name: "b" })] })).toBe("b");
  expect(before({ ok: true, value: [claim({ planHash: "other" }), claim({ phase: "Completed" })] })).toBeUndefined();
  expect(before({ ok: false, why: "timed out" })).toBeUndefined();
});

describe("the postmortem", () => {
  const plan = aSpec({ communications: { postmortemDue: "48h" } });
  const rolledBack = (more: object) =>
    aMigration()
      .in("Guard")
      .with({ rollback: { at: "2026-03-01T12:00:00Z", from: "Ramp", reason: "x", causes: [], actor: null, ...more } })
      .build().status;
  const after = (hours: number, status = rolledBack({})) => postmortemFact(plan, status, noon + hours * 3_600_000);

  it("is due after its time, counted from the rollback, or from now where nobody can tell", () => {
    expect(after(47.99)).toMatchObject({
      status: "False",
      reason: "NotDueYet",
      message: "due at 2026-03-03T12:00:00.000Z",
    });
    expect(after(48)).toMatchObject({ status: "True", reason: "Due" });
    expect(after(480, rolledBack({ at: "?" }))).toMatchObject({ reason: "NotDueYet" });
  });

  it("is wanted where traffic was taken back or nobody asked, and recorded by a person", () => {
    expect(after(1, rolledBack({ actor: "ada" }))).toBeUndefined();
    expect(after(1, rolledBack({ actor: "ada", from: "Guard" }))?.reason).toBe("NotDueYet");
    expect(after(1, rolledBack({ actor: "ada", from: "CuttingOver" }))?.reason).toBe("NotDueYet");
    expect(after(1, aMigration().in("Guard").build().status)).toBeUndefined();
    const recorded = { ...rolledBack({}), postmortem: { at: "2026-03-02", actor: "ada", act: "a" } };
    expect(after(480, recorded)).toMatchObject({ status: "False", message: "recorded by ada at 2026-03-02" });
  });
});
