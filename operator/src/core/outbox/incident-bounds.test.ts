// What is said of one incident over its life stays within what a status holds, and within the time a farewell may take.

import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { type OutboxMessage, outboxMessageSchema } from "@retriever/crds/status/outbox-status.ts";
import { describe, expect, it } from "vitest";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import type { Announcement } from "../model/decision.ts";
import { farewellSinks } from "./incidents.ts";
import { updateOutbox } from "./outbox.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const meta = { namespace: "search", name: "docs", uid: "uid" };
const page: Announcement = { type: "Warning", reason: "RollbackNotReady", message: "no", severity: "page" };
const guarding = { phase: "Guard", epoch: 4 } as const;
const closed: Partial<MigrationStatus> = { ...guarding, conditions: [aCondition("RollbackReady", "False")] };
const open: Partial<MigrationStatus> = { ...guarding, conditions: [aCondition("RollbackReady", "True")] };

type Pass = {
  readonly sinks: readonly string[];
  readonly now: number;
  readonly next?: Partial<MigrationStatus>;
  readonly announcements?: readonly Announcement[];
  readonly isLeaving?: boolean;
};

/** A migration's outbox, pass by pass; every sink takes what it gets. */
function makeFold() {
  let outbox: OutboxMessage[] = [];
  return ({ sinks, now, next: more = closed, announcements = [], isLeaving = false }: Pass) => {
    const next = aStatus({ ...more, outbox });
    const deliveries = outbox.flatMap(({ key, pending }) => pending.map((sink) => ({ key, sink, error: null })));
    const plan = aSpec({ communications: { sinks: [...sinks] } });
    outbox = [...updateOutbox({ meta, plan, before: next, next, deliveries, announcements, isLeaving, now })];
    return outbox;
  };
}

describe("an incident that stands while the plan names ever other sinks", () => {
  it("and its end are told to as many as a message holds", () => {
    const pass = makeFold();
    const name = (edit: number) => Array.from({ length: 6 }, (_, index) => `sink-${edit}-${index}`);
    pass({ sinks: name(0), now: start, announcements: [page] });
    for (let edit = 1; edit <= 6; edit++)
      for (const message of pass({ sinks: name(edit), now: start + edit * minute }))
        expect(outboxMessageSchema.safeParse(message).error?.issues ?? []).toEqual([]);
    const ended = pass({ sinks: name(6), now: start + 20 * minute, next: open });
    expect(ended.at(-1)?.kind).toBe("Resolved");
    expect(ended.flatMap((message) => outboxMessageSchema.safeParse(message).error?.issues ?? [])).toEqual([]);
  });
});

describe("an incident that flaps for days", () => {
  it.each([20, 30, 50])("every %i minutes is told each time, under a key that nobody has heard", (everyMinutes) => {
    const pass = makeFold();
    const heard = new Map<string, number>();
    const flaps = 80;
    for (let flap = 0; flap < flaps; flap++) {
      const now = start + flap * everyMinutes * minute;
      for (const message of [
        ...pass({ sinks: ["ops"], now, announcements: [page] }).slice(-1),
        ...pass({ sinks: ["ops"], now: now + 11 * minute, next: open }).slice(-1),
      ])
        heard.set(message.key, (heard.get(message.key) ?? 0) + 1);
    }
    expect([heard.size, Math.max(...heard.values())]).toEqual([2 * flaps, 1]);
  });

  it("and isn't announced meanwhile is opened anew by its condition, each time under a key that nobody has heard", () => {
    const pass = makeFold();
    pass({ sinks: ["ops"], now: start, announcements: [page] });
    for (let flap = 1; flap <= 80; flap++) {
      pass({ sinks: ["ops"], now: start + flap * 20 * minute - 5 * minute, next: open });
      const outbox = pass({ sinks: ["ops"], now: start + flap * 20 * minute });
      expect(outbox.at(-1)).toMatchObject({ kind: "Page", pending: ["ops"] });
      expect(new Set(outbox.map(({ key }) => key)).size).toBe(outbox.length);
    }
  });
});

it("what came back within the hour and is announced once more then is one message", () => {
  const pass = makeFold();
  pass({ sinks: ["ops"], now: start - 30 * minute, announcements: [page] });
  pass({ sinks: ["ops"], now: start, next: open });
  pass({ sinks: ["ops"], now: start + 5 * minute, announcements: [page] });
  const outbox = pass({ sinks: ["ops"], now: start + 6 * minute, announcements: [page] });
  expect(outbox.map(({ kind }) => kind)).toEqual(["Page", "Resolved", "Page"]);
});

it("a rule that is lost again while a rollback is under way calls nobody: alerts aren't relied on any more", () => {
  const pass = makeFold();
  const armed = (phase: "Guard" | "RollingBack", status: "True" | "False"): Partial<MigrationStatus> => ({
    phase,
    epoch: 4,
    conditions: [aCondition("AlertsArmed", status)],
  });
  const told: Announcement = { ...page, reason: "AlertsNotArmed" };
  pass({ sinks: ["ops"], now: start, next: armed("Guard", "False"), announcements: [told] });
  pass({ sinks: ["ops"], now: start + 20 * minute, next: armed("Guard", "True") });
  const outbox = pass({ sinks: ["ops"], now: start + 40 * minute, next: armed("RollingBack", "False") });
  expect(outbox.flatMap(({ kind, incident }) => (incident === undefined ? [] : [kind]))).toEqual(["Page", "Resolved"]);
});

describe("a migration that goes", () => {
  it("does so after five minutes, though something is announced at it in every pass", () => {
    const pass = makeFold();
    pass({ sinks: ["ops"], now: start, announcements: [page] });
    const times = Array.from({ length: 13 }, (_, index) => start + (index + 1) * minute);
    const lefts = times.map((now) => {
      const outbox = pass({ sinks: ["ops"], now, announcements: [page], isLeaving: true });
      return farewellSinks({ outbox: [...outbox] }, now).length;
    });
    expect(lefts.at(-1)).toBe(0);
  });

  it("waits for no end that is dated in the future, by a clock that was ahead", () => {
    const pass = makeFold();
    pass({ sinks: ["ops"], now: start, announcements: [page] });
    const outbox = [...pass({ sinks: ["ops"], now: start + minute, isLeaving: true })];
    expect(farewellSinks({ outbox }, start + minute)).toEqual(["ops"]);
    expect(farewellSinks({ outbox }, start - 60 * minute)).toEqual([]);
  });
});
