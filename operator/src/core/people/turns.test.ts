// Whose turn it is: laws over any interleaving of acts, listings, prunings and restarts.

import { acts as kinds } from "@retriever/crds/migration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration } from "#test/builders/world.ts";
import type { ActObservation, Observation } from "../model/observation.ts";
import { judgedActs } from "../overlay/prune-acts.ts";
import { applyActs } from "./acts.ts";
import { makeActPick } from "./turns.ts";

const plan = aSpec();
const start = Date.parse("2026-03-01T12:00:00Z");

const anAct = (more: Partial<ActObservation> = {}): ActObservation => ({
  name: "one",
  uid: "one",
  createdAt: start,
  act: "Resume",
  actor: "bot",
  reason: "r",
  planHash: null,
  expiresAt: null,
  ...more,
});

describe("what one pass picks of any number of acts", () => {
  const picked = (acts: readonly ActObservation[], status = aStatus({ phase: "Guard" })) => {
    const pick = makeActPick(status, start);
    for (const act of acts) pick.add(act);
    return pick.acts().map(({ uid }) => uid);
  };
  const resumes = (count: number) =>
    Array.from({ length: count }, (_, index) => anAct({ name: `r-${index}`, uid: `r-${index}`, createdAt: index }));

  it("is all of a few, the oldest first, and each once however often a page comes", () => {
    const few = resumes(3);
    expect(picked([...few.toReversed(), ...few])).toEqual(["r-0", "r-1", "r-2"]);
  });

  it("gives a Resume and a Waive the first word of the acts of one second, since others may need it", () => {
    const named = (["CompleteGuard", "Retry", "Waive", "Resume"] as const).map((act, index) =>
      anAct({ act, uid: act, name: `${index}` }),
    );
    expect(picked(named)).toEqual(["Waive", "Resume", "CompleteGuard", "Retry"]);
  });

  it("gives a Pause the last word of the acts of one second, whatever their names", () => {
    const [pause, resume] = [anAct({ act: "Pause", uid: "p", name: "a" }), anAct({ uid: "r", name: "b" })];
    expect([picked([pause, resume]), picked([resume, pause])]).toEqual([
      ["r", "p"],
      ["r", "p"],
    ]);
  });

  it("is fifty of ten thousand, what was judged, and any Abort or Rollback that takes effect", () => {
    const acts = { paused: false, seen: ["r-9000"] };
    const rollback = anAct({ act: "Rollback", uid: "back", createdAt: start });
    const late = anAct({ act: "Abort", uid: "late", createdAt: start, expiresAt: start });
    const uids = picked([...resumes(10_000), late, rollback], aStatus({ phase: "Guard", acts }));
    expect(uids).toEqual([...resumes(50).map(({ uid }) => uid), "r-9000", "back"]);
  });
});

/** What lies in the cluster, what the status holds, and what was told of each act. */
type World = {
  acts: ActObservation[];
  status: MigrationStatus;
  readonly told: Map<string, number>;
  readonly onRecord: Set<string>;
};

/** Whether an act latches, had the pass only this one. */
const latches = ({ act, expiresAt }: ActObservation) =>
  (act === "Rollback" || act === "Abort") && (expiresAt === null || expiresAt > start);

const isLeft = ({ acts, status }: World) => acts.length > 0 || (status.acts?.seen ?? []).length > 0;

type Pass = { readonly isWritten: boolean; readonly order: number; readonly unread: number };

const { meta } = aMigration().build();

/** One pass: read, judge, write or not, prune what is on record. */
function reconcile(world: World, { isWritten, order, unread }: Pass): void {
  const pick = makeActPick(world.status, start);
  const turned = order % Math.max(1, world.acts.length);
  const listed = [...world.acts.slice(turned), ...world.acts.slice(0, turned)];
  // However many pages are left unread, those of Aborts and Rollbacks come first.
  const read = listed.filter((act, index) => latches(act) || index < listed.length - unread);
  for (const act of read) pick.add(act);
  const acts = { ok: true, value: pick.acts() } as const;
  const actIdentity = { ok: true, value: "proved" } as const;
  const isCut = read.length < listed.length;
  const observation = { acts, actIdentity, ...(isCut ? { actsAreCut: true } : {}) } as Observation;
  const applied = applyActs({ meta, status: world.status, plan, observation, now: start });
  const wasLatched = world.status.acts?.latched !== undefined;
  const isAsked = !wasLatched && world.acts.some((act) => latches(act) && !world.told.has(act.uid));
  expect(isAsked && applied.status.acts?.latched === undefined, "an Abort or Rollback had no turn").toBe(false);
  expect(applied.status.acts?.seen.length ?? 0).toBeLessThanOrEqual(60);
  // Dead before the write, or refused: nothing of it has happened.
  if (!isWritten) return;
  const before = new Set(world.status.acts?.seen);
  for (const uid of applied.status.acts?.seen ?? []) {
    if (before.has(uid)) continue;
    expect(world.told.has(uid), `${uid} has a second turn`).toBe(false);
    world.told.set(uid, 1);
  }
  const judged = new Set(judgedActs(observation, world.status).map(({ uid }) => uid));
  world.acts = world.acts.filter(({ uid }) => !(judged.has(uid) && world.onRecord.has(uid)));
  for (const { uid } of acts.value) if (world.told.has(uid)) world.onRecord.add(uid);
  world.status = applied.status;
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("act" as const),
      act: fc.constantFrom(...kinds),
      second: fc.integer({ min: 0, max: 3 }),
      isExpired: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("flood" as const),
      count: fc.integer({ min: 1, max: 70 }),
      second: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("reconcile" as const),
      isWritten: fc.boolean(),
      order: fc.nat(200),
      unread: fc.constantFrom(0, 0, 0, 30),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

describe("whatever acts come, in whatever order they are listed, with restarts and refused writes in between", () => {
  it("each has one turn, an Abort or Rollback in the reconcile that lists it, and none is left", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const world: World = { acts: [], status: aStatus({ phase: "Guard" }), told: new Map(), onRecord: new Set() };
        const created: string[] = [];
        const create = (act: ActObservation["act"], second: number, isExpired = false) => {
          const uid = `${created.length}`;
          created.push(uid);
          const name = `${(created.length * 7919) % 1000}-${uid}`;
          world.acts.push(
            anAct({ uid, name, act, createdAt: start + second * 1000, expiresAt: isExpired ? start : null }),
          );
        };
        for (const one of steps) {
          if (one.kind === "act") create(one.act, one.second, one.isExpired);
          else if (one.kind === "flood")
            for (let count = 0; count < one.count; count += 1) create("Resume", one.second);
          else if (one.kind === "restart") world.onRecord.clear();
          else reconcile(world, one);
        }
        for (let passes = 0; isLeft(world) && passes < 300; passes += 1)
          reconcile(world, { isWritten: true, order: passes, unread: 0 });
        expect([...world.told.keys()].toSorted()).toEqual(created.toSorted());
        expect(world.acts).toEqual([]);
        expect(world.status.acts?.seen ?? []).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
