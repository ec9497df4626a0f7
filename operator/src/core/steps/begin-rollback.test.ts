// The one way into RollingBack: what is latched, what the pods are told, and whom it calls.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, ago, tell } from "#test/builders/context.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, anObservation, noon } from "#test/builders/world.ts";
import { assess } from "../assess.ts";
import type { Severity } from "../model/decision.ts";
import { beginRollback, type RollbackCause } from "./begin-rollback.ts";

const harm: RollbackCause = { reason: "HarmAlert", causes: ["too slow", "wrong"], actor: null };
const asked: RollbackCause = { reason: "RollbackRequested", causes: ["Rollback by ada"], actor: "ada" };
/** Before the plan is accepted nothing was ever written. */
const unrevised = () => {
  const migration = aMigration().build();
  return assess(migration, aSpec(), anObservation(migration), noon);
};

describe("a rollback of what was written", () => {
  const outcome = beginRollback(aContext("Guard"), harm);
  const message = "rolling back to pgvector://pg.search.svc:5432/app/public.vector_chunks: too slow; wrong";

  it("is latched with its causes and where it began", () => {
    expect(outcome.status.rollback).toStrictEqual({
      at: ago(0),
      from: "Guard",
      reason: "HarmAlert",
      causes: ["too slow", "wrong"],
      actor: null,
    });
  });

  it("tells every pod to serve the source alone, in a new epoch", () => {
    expect(outcome.status.revision).toStrictEqual({
      epoch: 6,
      primary: "source",
      shadow: "none",
      sampleRate: 0,
      released: false,
      at: ago(0),
    });
  });

  it("is under way from now on, and says to where and why", () => {
    expect(tell(outcome)).toBe(`RollingBack working HarmAlert: ${message}`);
    expect(outcome.status).toMatchObject({ epoch: 6, phaseStartedAt: ago(0) });
    expect(outcome.status.history).toEqual([
      { at: ago(0), phase: "RollingBack", epoch: 6, reason: "HarmAlert", message },
    ]);
  });

  it("names the source by its role where the status lost its label", () => {
    const lost = aContext("Guard", { status: { source: undefined } });
    expect(beginRollback(lost, harm).status.message).toBe("rolling back to the source: too slow; wrong");
  });

  it.each<[string, Phase, Severity | null, RollbackCause]>([
    ["the operator takes users back", "Guard", "page", harm],
    ["the operator decided before users were sent there", "Ramp", "ticket", harm],
    ["a person asked for it", "Guard", null, asked],
    ["the migration was deleted", "Guard", null, { ...harm, reason: "Deleted" }],
    ["a person deleted it", "Guard", null, { ...asked, reason: "Deleted" }],
  ])("is a warning where %s in %s: %s", (_who, phase, severity, cause) => {
    expect(beginRollback(aContext(phase), cause).announcements).toMatchObject([
      { type: "Warning", reason: cause.reason, severity },
    ]);
  });

  it("names who asked for it", () => {
    expect(beginRollback(aContext("Ramp"), asked).status.rollback).toMatchObject({ actor: "ada", from: "Ramp" });
  });
});

describe("causes of a rollback", () => {
  const many = Array.from({ length: 11 }, (_, index) => `cause ${index + 1}`);

  it("are kept up to ten; the message says two of them, and how many more", () => {
    const { status } = beginRollback(aContext("Guard"), { ...harm, causes: many });
    expect(status.rollback?.causes).toEqual(many.slice(0, 10));
    expect(status.message.endsWith(": cause 1; cause 2; and 9 more")).toBe(true);
  });

  it("are cut to what a status can hold", () => {
    const { status } = beginRollback(aContext("Guard"), { ...harm, causes: ["x".repeat(2001), "y".repeat(2000)] });
    expect(status.rollback?.causes).toEqual(["x".repeat(2000), "y".repeat(2000)]);
  });
});

describe("a rollback before anything was written", () => {
  it("is the end: nothing is revised, and a person is told, not called", () => {
    const outcome = beginRollback(unrevised(), harm);
    const message = "ended before anything was changed: too slow; wrong";
    expect(tell(outcome)).toBe(`RolledBack waiting HarmAlert: ${message}`);
    expect(outcome.announcements).toEqual([{ type: "Warning", reason: "HarmAlert", message, severity: null }]);
    expect(outcome.status).toMatchObject({ epoch: 0, phaseStartedAt: ago(0) });
    expect(outcome.status).not.toHaveProperty("revision");
    expect(outcome.status.rollback).toStrictEqual({
      at: ago(0),
      from: "Pending",
      reason: "HarmAlert",
      causes: ["too slow", "wrong"],
      actor: null,
    });
  });
});
