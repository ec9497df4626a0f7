// When a page or a ticket is over, and that it is said then: once, not too soon, and again when it comes back.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import { describe, expect, it } from "vitest";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import type { Announcement } from "../model/decision.ts";
import { endedIncidents } from "./incidents.ts";
import { updateOutbox } from "./outbox.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const meta = { namespace: "search", name: "docs", uid: "uid" };
const plan = aSpec({ communications: { sinks: ["ops"] } });

function aCall(reason: string, more: Partial<OutboxMessage> = {}): OutboxMessage {
  const at = "2026-03-01T11:00:00.000Z";
  const told = {
    kind: "Page" as const,
    reason,
    incident: `Page/${reason}`,
    phase: "Guard",
    key: `uid/4/Page/${reason}/1`,
  };
  return { ...told, text: reason, at, pending: [], failed: [], attempts: 1, nextAttemptAt: at, ...more };
}

const guarding: Partial<MigrationStatus> = { phase: "Guard", epoch: 4 };

describe("an incident", () => {
  it.each([
    [
      "of a condition, while it isn't True",
      aCall("RollbackNotReady"),
      { conditions: [aCondition("RollbackReady", "False")] },
      0,
    ],
    [
      "of a condition that is True again",
      aCall("RollbackNotReady"),
      { conditions: [aCondition("RollbackReady", "True")] },
      1,
    ],
    [
      "of pods that are still left behind",
      aCall("PodsFenced"),
      { conditions: [{ ...aCondition("ConfigPropagated", "True"), reason: "PodsFenced" }] },
      0,
    ],
    ["of pods that nobody asks to follow any more", aCall("PodsFenced"), {}, 1],
    [
      "of pods that were left behind and are late by now, which is told by itself",
      aCall("PodsFenced"),
      { conditions: [{ ...aCondition("ConfigPropagated", "False"), reason: "AckTimeout" }] },
      1,
    ],
    [
      "of pods that are late in a rollback",
      aCall("AckTimeout", { phase: "RollingBack" }),
      { phase: "RollingBack", conditions: [{ ...aCondition("ConfigPropagated", "False"), reason: "AckTimeout" }] },
      0,
    ],
    [
      "of pods that are late, once everybody is served by the source",
      aCall("AckTimeout", { phase: "RollingBack" }),
      { phase: "AwaitingCutover", conditions: [{ ...aCondition("ConfigPropagated", "False"), reason: "AckTimeout" }] },
      1,
    ],
    [
      "of a rollback path that is closed, where nobody needs it any more",
      aCall("RollbackNotReady"),
      { phase: "AwaitingCutover", conditions: [aCondition("RollbackReady", "False")] },
      1,
    ],
    [
      "of an alert that isn't armed, where nobody relies on it at night any more",
      aCall("AlertsNotArmed"),
      { phase: "AwaitingCutover", conditions: [aCondition("AlertsArmed", "False")] },
      1,
    ],
    [
      "of pods at both stores in the guard, once all have gone back",
      aCall("TwoPrimaries"),
      { phase: "RolledBack", conditions: [{ ...aCondition("ConfigPropagated", "False"), reason: "AckTimeout" }] },
      1,
    ],
    [
      "of pods at both stores in the guard, while they go back",
      aCall("TwoPrimaries"),
      { phase: "RollingBack", conditions: [{ ...aCondition("ConfigPropagated", "False"), reason: "AckTimeout" }] },
      0,
    ],
    [
      "of an overlay that others have, while it can't be read",
      aCall("OwnershipConflict"),
      { conditions: [{ ...aCondition("Ready", "False"), reason: "NotObserved" }] },
      0,
    ],
    [
      "of an overlay that others have, while harm is answered first",
      aCall("OwnershipConflict"),
      { conditions: [{ ...aCondition("Ready", "False"), reason: "RollbackBlocked" }] },
      0,
    ],
    [
      "of an overlay that others had",
      aCall("OwnershipConflict"),
      { conditions: [{ ...aCondition("Ready", "True"), reason: "Guarding" }] },
      1,
    ],
    [
      "of a hold that still lasts",
      aCall("HoldOverdue"),
      { waiting: { since: "2026-03-01T10:00:00Z", told: "page", danger: { since: "2026-03-01T10:00:00Z" } } },
      0,
    ],
    [
      "of a danger that is over, though it stands still",
      aCall("HoldOverdue"),
      { waiting: { since: "2026-03-01T10:00:00Z", told: "ticket" } },
      1,
    ],
    [
      "of what stands behind harm that is held",
      aCall("HoldOverdue"),
      {
        waiting: {
          since: "2026-03-01T10:00:00Z",
          behind: { since: "2026-03-01T10:00:00Z", toldAt: "2026-03-01T10:00:00Z" },
        },
      },
      0,
    ],
    ["of a hold that is over", aCall("HoldOverdue"), {}, 1],
    ["of blindness that is over", aCall("Blind"), {}, 1],
    [
      "of harm that nothing is done about yet",
      aCall("Harm"),
      { harm: { causes: [], stepDowns: 0, heldSince: "2026-03-01T10:00:00Z" } },
      0,
    ],
    ["of harm that is gone", aCall("Harm"), {}, 1],
    ["of a step that still goes on", aCall("HarmSevere"), {}, 0],
    ["of a step that has ended", aCall("HarmSevere", { phase: "RollingBack" }), {}, 1],
    ["of an earlier epoch", aCall("TwoPrimaries", { key: "uid/3/Page/TwoPrimaries/1" }), {}, 1],
    ["of a migration that has ended", aCall("RollbackNotReady"), { phase: "Completed" }, 1],
    [
      "that began with the end",
      aCall("BaseNotUpdated", { phase: "Completed", key: "uid/4/Ticket/A/1" }),
      { phase: "Completed" },
      0,
    ],
    [
      "of a postmortem that is missing",
      aCall("Due", { incident: "PostmortemDue" }),
      { conditions: [aCondition("PostmortemDue", "True")] },
      0,
    ],
    [
      "of a postmortem that is recorded",
      aCall("Due", { incident: "PostmortemDue" }),
      { conditions: [aCondition("PostmortemDue", "False")] },
      1,
    ],
    ["that is ten minutes young", aCall("HoldOverdue", { at: "2026-03-01T11:50:01Z" }), {}, 0],
    ["told of before this version", aCall("HoldOverdue", { incident: undefined }), {}, 0],
  ] as [string, OutboxMessage, Partial<MigrationStatus>, number][])("%s", (_name, call, status, ended) => {
    expect(endedIncidents([call], aStatus({ ...guarding, ...status }), now)).toHaveLength(ended);
  });

  it("that is said to be over is over once", () => {
    const call = aCall("HoldOverdue");
    const over = { ...call, kind: "Resolved" as const, key: `${call.key}/Resolved` };
    expect(endedIncidents([call, over], aStatus(guarding), now)).toEqual([]);
  });
});

describe("an incident in the outbox", () => {
  const calls: Announcement[] = [{ type: "Warning", reason: "Harm", message: "worse", severity: "page" }];
  const fold = (outbox: readonly OutboxMessage[], announcements: readonly Announcement[], at: number) => {
    const status = aStatus({ ...guarding, outbox: [...outbox] });
    return updateOutbox({ meta, plan, before: status, next: status, deliveries: [], announcements, now: at });
  };

  it("is opened, closed and opened anew within the hour, each under a key of its own", () => {
    const opened = fold([], calls, now);
    const closed = fold(opened, [], now + 11 * minute);
    const again = fold(closed, calls, now + 12 * minute);
    expect(again.map(({ kind, incident }) => `${kind} ${incident}`)).toEqual([
      "Page Page/Harm",
      "Resolved Page/Harm",
      "Page Page/Harm",
    ]);
    expect(new Set(again.map(({ key }) => key)).size).toBe(3);
  });

  it("that flaps is said at most six times an hour", () => {
    let outbox: readonly OutboxMessage[] = [];
    for (let at = now; at < now + 60 * minute; at += minute / 2)
      outbox = fold(outbox, at % minute === 0 ? calls : [], at);
    expect(outbox.filter(({ kind }) => kind === "Page").length).toBeLessThanOrEqual(6);
  });
});

it("a rollback by harm pages, and says that it is over once the users are back", () => {
  const spec = aSpec({ ...shortPlan, communications: { sinks: ["ops"] } });
  const sim = simulationAt("Guard", { spec });
  sim.sink = () => null;
  sim.traffic = (_at, primary) => (primary === "destination" ? { ...goodTraffic, errorShare: 0.9 } : goodTraffic);
  sim.until("RolledBack", 600).run(10);
  sim.now += 11 * minute;
  sim.run(10);
  const open = (sim.status.outbox ?? []).filter(({ kind, incident }) => kind === "Page" && incident !== undefined);
  const over = (sim.status.outbox ?? []).filter(({ kind }) => kind === "Resolved");
  expect(open.map(({ incident }) => incident)).toContain("Page/HarmSevere");
  expect(over.map(({ incident }) => incident)).toEqual(open.map(({ incident }) => incident));
});
