// What another clock dated ahead of ours holds nothing up, and no order of what was asked for and answered is turned round.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { VerificationRun } from "@retriever/crds/status/verification-status.ts";
import { describe, expect, it } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { notAhead } from "./not-ahead.ts";

const now = Date.parse("2030-01-01T12:00:00.000Z");
const hour = 3_600_000;
const at = (ms: number) => new Date(now + ms).toISOString();
const soon = at(30_000);

function aMessage(attemptMs: number, tryMs: number) {
  const basics = { key: "u/4/Page", kind: "Page", text: "x", at: at(-5 * hour), failed: [], attempts: 2 } as const;
  const tries = [{ sink: "ops", attempts: 2, nextAttemptAt: at(tryMs) }];
  return { ...basics, failed: [], pending: ["ops"], nextAttemptAt: at(attemptMs), tries };
}

const aRun = (askedMs: number, more: Partial<VerificationRun> = {}): VerificationRun => ({
  purpose: "Cutover",
  number: 1,
  job: "verify-1",
  askedAt: at(askedMs),
  ...more,
});
const aTest = (askedMs: number) => ({ cronJob: "smoke", number: 1, job: "smoke-1", askedAt: at(askedMs) });
const aWriter = { number: 1, job: "sync-1", planHash: "p", askedAt: at(2 * hour) };

const after = (status: Partial<MigrationStatus>) => notAhead(aStatus(status), now);
const askedAt = (status: Partial<MigrationStatus>, run: VerificationRun) =>
  after({ ...status, verification: { runs: [run] } }).verification?.runs[0]?.askedAt;

describe("by a clock that was put back by two hours", () => {
  it.each([
    [
      "a message told long ago is tried within the hour that any sink is waited for",
      aMessage(2 * hour, 2 * hour),
      [at(0), at(0)],
    ],
    ["one that is due by the hour waits as it would", aMessage(hour, hour), [at(hour), at(hour)]],
    ["one sink's tries don't change another's", aMessage(hour, 2 * hour), [at(hour), at(0)]],
  ])("%s", (_, message, expected) => {
    const [told] = after({ outbox: [message] }).outbox ?? [];
    expect([told?.nextAttemptAt, told?.tries?.[0]?.nextAttemptAt]).toEqual(expected);
  });

  it("a comparison that is waited for has no more than its time", () => {
    expect(askedAt({ phaseStartedAt: at(2 * hour) }, aRun(2 * hour))).toBe(soon);
    expect(askedAt({ phaseStartedAt: at(-hour) }, aRun(2 * hour))).toBe(soon);
  });

  it.each([
    ["before this phase", { phaseStartedAt: at(2 * hour) }, hour, at(hour)],
    ["since the cutover, whose date stays", { cutoverAt: at(1.5 * hour) }, 2 * hour, at(1.5 * hour)],
    ["before the cutover", { cutoverAt: at(3 * hour) }, hour, at(hour)],
  ] as const)("one that was asked for %s is so still", (_, status, askedMs, expected) => {
    expect(askedAt(status, aRun(askedMs))).toBe(expected);
  });

  it("one that has its answer is dated as it was", () => {
    const result = { outcome: "Unknown", reason: "TimedOut", message: "x", at: at(2 * hour) } as const;
    expect(askedAt({}, aRun(2 * hour, { result }))).toBe(at(2 * hour));
  });

  it("a smoke test is of its plan still, and no longer waited for", () => {
    const revision = {
      epoch: 1,
      primary: "source",
      shadow: "none",
      sampleRate: 0,
      released: false,
      at: at(2 * hour),
    } as const;
    const status = after({
      revision,
      smokeTests: [aTest(2 * hour)],
    });
    expect([status.revision?.at, status.smokeTests?.[0]?.askedAt]).toEqual([at(0), soon]);
  });

  it("what a sync waits for, and how long it has been late, is reckoned from now", () => {
    const status = after({ sync: { ...aWriter, absentSince: at(2 * hour) }, syncLate: { since: at(2 * hour) } });
    expect([status.sync?.absentSince, status.syncLate?.since, status.sync?.askedAt]).toEqual([
      at(0),
      at(0),
      at(2 * hour),
    ]);
  });
});

it("is the very status where nothing lies ahead, or no further than clocks differ", () => {
  const status = aStatus({
    outbox: [aMessage(hour + 30_000, 60_000)],
    verification: { runs: [aRun(30_000)] },
    smokeTests: [aTest(-hour)],
    sync: { ...aWriter, askedAt: at(-hour), absentSince: at(20_000) },
  });
  expect(notAhead(status, now)).toBe(status);
});
