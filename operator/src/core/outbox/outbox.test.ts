// The outbox as a fold: what is added, what is struck off, what goes when it is full, and when to reconcile again.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { type OutboxMessage, triesOf } from "@retriever/crds/status/outbox-status.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import type { Delivery } from "../model/observation.ts";
import { mostAttempts, nextDeliveryMs, updateOutbox } from "./outbox.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const meta = { namespace: "search", name: "docs", uid: "uid" };
const plan = aSpec({ communications: { sinks: ["ops", "ops", "web"], postmortemDue: "48h" } });
const revision = {
  epoch: 4,
  primary: "source",
  shadow: "none",
  sampleRate: 0,
  released: false,
  at: "2026-03-01T11:00:00Z",
} as const;

function aMessage(index: number, more: Omit<Partial<OutboxMessage>, "lastError"> = {}): OutboxMessage {
  const at = "2026-03-01T11:00:00.000Z";
  const rest = { text: "x", at, failed: [], attempts: 0, nextAttemptAt: at };
  return { key: `uid/${index}/Start`, kind: "Start", pending: ["ops"], ...rest, ...more };
}

type Step = {
  readonly waitMs: number;
  readonly answers: readonly (readonly [string, Omit<Delivery, "key" | "sink">])[];
};

function update(
  before: Partial<MigrationStatus>,
  next: Partial<MigrationStatus>,
  deliveries: readonly Delivery[] = [],
) {
  const [old, fresh] = [before, next].map((more) => aStatus({ epoch: 4, revision, ...more }));
  if (old === undefined || fresh === undefined) throw new Error("two statuses make two");
  return updateOutbox({ meta, plan, before: old, next: fresh, deliveries, announcements: [], now });
}

describe("what happens", () => {
  it("is told once to each sink, with the step's own words", () => {
    expect(update({ phase: "AwaitingApproval" }, { phase: "WarmUp", message: "warming up" })).toEqual([
      expect.objectContaining({ key: "uid/4/Stage/WarmUp", text: "WarmUp" }),
      {
        key: "uid/4/Start",
        kind: "Start",
        text: "warming up",
        phase: "WarmUp",
        at: "2026-03-01T12:00:00.000Z",
        pending: ["ops", "web"],
        failed: [],
        attempts: 0,
        nextAttemptAt: "2026-03-01T12:00:00.000Z",
      },
    ]);
    const told = { outbox: [aMessage(4, { key: "uid/4/Stage/WarmUp" }), aMessage(4)] };
    expect(update({ phase: "AwaitingApproval" }, { phase: "WarmUp", ...told })).toEqual(told.outbox);
  });

  it.each([
    ["stays where it was", { phase: "Guard" }, { phase: "Guard" }, []],
    ["comes to a phase nobody outside hears of", { phase: "WarmUp" }, { phase: "Ramp" }, ["Stage"]],
    ["ends before anything was written", { phase: "Pending" }, { phase: "RolledBack", revision: undefined }, []],
    ["is about to cut over", { phase: "Ramp" }, { phase: "AwaitingCutover" }, ["Stage", "PreCutover"]],
    ["has cut over", { phase: "CuttingOver" }, { phase: "Guard" }, ["Stage", "CutOver"]],
    ["completes", { phase: "Guard" }, { phase: "Completed" }, ["Stage", "Completion"]],
  ] as [string, Partial<MigrationStatus>, Partial<MigrationStatus>, string[]][])(
    "a migration that %s",
    (_name, before, next, kinds) => {
      expect(update(before, next).map(({ kind }) => kind)).toEqual(kinds);
    },
  );

  it.each(["Completed", "RolledBack"] as const)(
    "the last message of a migration that is %s names its report",
    (phase) => {
      const told = update({ phase: "Guard" }, { phase }).find(
        ({ kind }) => kind === "Completion" || kind === "Rollback",
      );
      expect(told?.text).toContain("Report: kubectl retriever report docs -n search, or ConfigMap docs-report.");
    },
  );

  const rollback: NonNullable<MigrationStatus["rollback"]> = {
    at: "2026-03-01T11:16:00Z",
    from: "Guard",
    reason: "HarmAlert",
    causes: [],
    actor: null,
  };
  it.each([
    ["by harm, late", "2026-03-01T11:00:00Z", rollback, ["Rollback", "Corrections", "IncidentReview"]],
    ["by harm, at the end of the window", "2026-03-01T11:01:00Z", rollback, ["Rollback", "IncidentReview"]],
    ["by a person, before any cutover", undefined, { ...rollback, actor: "ada" }, ["Rollback"]],
    ["at a time nobody can read", "2026-03-01T11:00:00Z", { ...rollback, at: "?" }, ["Rollback", "IncidentReview"]],
    ["after a cutover nobody can date", "?", rollback, ["Rollback", "IncidentReview"]],
  ])("a rollback %s", (_name, cutoverAt, rolledBack, kinds) => {
    const next = {
      phase: "RolledBack",
      rollback: rolledBack,
      ...(cutoverAt === undefined ? {} : { cutoverAt }),
    } as const;
    const told = update({ phase: "RollingBack" }, next);
    expect(told.map(({ kind }) => kind)).toEqual(["Stage", ...kinds]);
    const corrections = told.find(({ kind }) => kind === "Corrections");
    expect(corrections?.text ?? "since 2026-03-01T11:00:00Z").toContain("since 2026-03-01T11:00:00Z");
  });

  it.each([
    ["AwaitingApproval", "Ready", 1],
    ["AwaitingCutover", "Ready", 1],
    ["Preflight", "CopyNotApproved", 1],
    ["Preflight", "Ready", 0],
    ["Ramp", "Ready", 0],
  ] as const)(
    "in %s with the reason %s an approval that is missing is asked for %i times, with its deadline",
    (phase, reason, times) => {
      const asking = {
        phase,
        conditions: [aCondition("Approved", "False"), { ...aCondition("Ready", "False"), reason }],
      };
      const granted = { ...asking, conditions: [aCondition("Approved", "True")] };
      const asked = (before: Partial<MigrationStatus>) =>
        update(before, asking).filter(({ kind }) => kind === "ApprovalWanted");
      expect(asked(granted)).toHaveLength(times);
      for (const { text } of asked(granted))
        expect(text).toMatch(/[Dd]eadline.* retriever approve \S+ -n \S+ --role ROLE$/);
      expect(asked(asking)).toEqual([]);
    },
  );

  it("the middle of the ramp is told once, with what the gates said of the stage before", () => {
    const stage = (index: number) => ({ index, count: 3, sampleRate: 0.05 });
    const before: Partial<MigrationStatus> = { phase: "WarmUp", stage: stage(0) };
    const next: Partial<MigrationStatus> = { phase: "Ramp", stage: stage(1) };
    expect(update(before, next).map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      "Stage: Ramp, stage 2 of 3 at 5 %",
      expect.stringMatching(/^Midpoint: /),
    ]);
    expect(update(next, { ...next, stage: stage(2) }).map(({ kind }) => kind)).toEqual(["Stage"]);
    const told = { outbox: [aMessage(2, { kind: "Midpoint" })] };
    expect(
      update({ ...before, ...told }, { ...next, ...told })
        .slice(1)
        .map(({ kind }) => kind),
    ).toEqual(["Stage"]);
  });

  it("a postmortem that falls due is told when it does, and only then", () => {
    const due: Partial<MigrationStatus> = { phase: "RolledBack", conditions: [aCondition("PostmortemDue", "True")] };
    const notYet = { ...due, conditions: [aCondition("PostmortemDue", "False")] };
    expect(update(notYet, due).map(({ kind }) => kind)).toEqual(["PostmortemDue"]);
    expect(update(notYet, due)[0]?.text).toMatch(/kubectl retriever postmortem \S+ -n \S+ --file FILE$/);
    expect(update(due, due)).toEqual([]);
    const overdue = { ...due, conditions: [{ ...aCondition("PostmortemDue", "True"), reason: "Overdue" }] };
    expect(update(due, overdue).map(({ kind }) => kind)).toEqual(["PostmortemOverdue"]);
    expect(update(notYet, notYet)).toEqual([]);
  });
});

describe("a message", () => {
  const answered = (deliveries: readonly Delivery[], more: { attempts?: number } = {}) =>
    update({}, { outbox: [aMessage(1, { pending: ["ops", "web"], ...more })] }, deliveries)[0];
  const key = "uid/1/Start";

  it("that nobody answered, or that another sink answered, stays as it is", () => {
    expect(answered([])).toEqual(aMessage(1, { pending: ["ops", "web"] }));
    expect(answered([{ key: "uid/2/Start", sink: "ops", error: null }])?.attempts).toBe(0);
    expect(answered([{ key, sink: "mail", error: "HTTP 500" }])?.attempts).toBe(0);
  });

  it("that one sink took waits for the other, with what that one said", () => {
    const left = answered([
      { key, sink: "ops", error: null },
      { key, sink: "web", error: "x".repeat(300) },
    ]);
    expect(left).toMatchObject({ pending: ["web"], failed: [], attempts: 1 });
    expect(left?.lastError).toBe(`web: ${"x".repeat(195)}`);
  });

  it("that a sink refuses for good is not tried there again, and one that asks for patience gets it", () => {
    const refused = answered([{ key, sink: "ops", error: "HTTP 400", isFinal: true }]);
    expect(refused).toMatchObject({ pending: ["web"], failed: ["ops"] });
    const patient = answered([{ key, sink: "web", error: "HTTP 429", retryAfterMs: 1_800_000 }]);
    expect(patient && triesOf(patient, "web")).toMatchObject({ nextAttemptAt: "2026-03-01T12:30:00.000Z" });
    expect(patient).toMatchObject({ pending: ["ops", "web"], nextAttemptAt: "2026-03-01T11:00:00.000Z" });
  });

  it("that one sink wants later is tried at the other as soon as ever", () => {
    const left = answered([
      { key, sink: "ops", error: "HTTP 500" },
      { key, sink: "web", error: "HTTP 429", retryAfterMs: 3_600_000 },
    ]);
    expect(Date.parse(left?.nextAttemptAt ?? "") - now).toBeLessThanOrEqual(10_000);
    expect(left && triesOf(left, "web").nextAttemptAt).toBe("2026-03-01T13:00:00.000Z");
  });

  it("of several sinks is tried at each, and given up there, as if that one were alone", () => {
    const sinks = ["ops", "web", "mail"];
    const outcome = fc.constantFrom<Omit<Delivery, "key" | "sink">[]>(
      { error: null },
      ...Array.from({ length: 8 }, () => ({ error: "HTTP 503" })),
      { error: "HTTP 429", retryAfterMs: 3_600_000 },
      { error: "HTTP 400", isFinal: true },
    );
    const step = fc.record({
      waitMs: fc.integer({ min: 1000, max: 7_200_000 }),
      answers: fc.uniqueArray(fc.tuple(fc.constantFrom(...sinks), outcome), { selector: ([sink]) => sink }),
    });
    const fold = (names: readonly string[], steps: readonly Step[]) => {
      let message = aMessage(1, { pending: [...names] });
      let at = now;
      for (const { waitMs, answers } of steps) {
        at += waitMs;
        const deliveries = answers
          .filter(([sink]) => Date.parse(triesOf(message, sink).nextAttemptAt) <= at)
          .map(([sink, answer]) => ({ key, sink, ...answer }));
        const status = aStatus({ epoch: 4, outbox: [message] });
        message =
          updateOutbox({ meta, plan, before: status, next: status, deliveries, announcements: [], now: at })[0] ??
          message;
      }
      return message;
    };
    const fateOf = (message: OutboxMessage, sink: string) => {
      const { attempts, nextAttemptAt } = triesOf(message, sink);
      return message.pending.includes(sink) ? { attempts, nextAttemptAt } : message.failed.includes(sink);
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const together = fold(sinks, steps);
        for (const sink of sinks) {
          expect(fateOf(fold([sink], steps), sink)).toEqual(fateOf(together, sink));
        }
      }),
    );
  });

  it("is given up at its last try, and not before", () => {
    const error: Delivery = { key, sink: "web", error: "HTTP 500" };
    expect(answered([error], { attempts: mostAttempts - 2 })).toMatchObject({ pending: ["ops", "web"], failed: [] });
    expect(answered([error], { attempts: mostAttempts - 1 })).toMatchObject({ pending: ["ops"], failed: ["web"] });
  });

  it("is tried again within 5 to 10 s first, and never later than in an hour", () => {
    const waits = (attempts: number) =>
      Array.from({ length: 200 }, (_, index) => {
        const messages = [aMessage(index, { attempts })];
        const [tried] = update({}, { outbox: messages }, [{ key: `uid/${index}/Start`, sink: "ops", error: "no" }]);
        return Date.parse(tried?.nextAttemptAt ?? "") - now;
      });
    expect(Math.min(...waits(0))).toBeGreaterThanOrEqual(5000);
    expect(Math.max(...waits(0))).toBeLessThanOrEqual(10_000);
    expect(new Set(waits(0)).size).toBeGreaterThan(150);
    expect(Math.min(...waits(12))).toBeGreaterThanOrEqual(1_800_000);
    expect(Math.max(...waits(12))).toBeLessThanOrEqual(3_600_000);
    expect(Math.max(...waits(12))).toBeGreaterThan(3_000_000);
  });
});

describe("an outbox that is full", () => {
  const full = (told: readonly number[]) =>
    Array.from({ length: 50 }, (_, index) => aMessage(index, told.includes(index) ? { pending: [] } : {}));
  const keysAfter = (told: readonly number[]) =>
    update({ phase: "Guard" }, { phase: "Completed", outbox: full(told) }).map((message) => message.key);

  it("loses the oldest that was delivered, before any that wasn't", () => {
    const keys = keysAfter([7, 30]);
    expect(keys).toHaveLength(50);
    expect(keys).not.toEqual(expect.arrayContaining(["uid/7/Start"]));
    expect(keys).not.toEqual(expect.arrayContaining(["uid/30/Start"]));
    expect(keys).toEqual(expect.arrayContaining(["uid/0/Start", "uid/31/Start", "uid/4/Completion"]));
  });

  it("loses the oldest where none was delivered", () => {
    const keys = keysAfter([]);
    expect([keys.length, keys[0], keys.at(-1)]).toEqual([50, "uid/2/Start", "uid/4/Completion"]);
  });
});

it("the next reconcile is when the next try is due, at least a second from now; at once where nobody can tell", () => {
  const due = (nextAttemptAt: string, pending = ["ops"]) =>
    nextDeliveryMs([aMessage(1, { nextAttemptAt, pending })], now);
  expect(due("2026-03-01T12:00:05Z")).toEqual([5000]);
  expect(due("2026-03-01T11:00:00Z")).toEqual([1000]);
  expect(due("soon")).toEqual([1000]);
  expect(due("2026-03-01T12:00:05Z", [])).toEqual([]);
});
