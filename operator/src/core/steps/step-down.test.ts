// Less sampling: to the stage before, or to none at all, and what is kept of the way down.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, ago, aVerdict } from "#test/builders/context.ts";
import { aRecord } from "#test/builders/epoch-record.ts";
import type { Context } from "../model/context.ts";
import { mostStepDowns, stepDown } from "./step-down.ts";

/** In the second of three stages, at rate 0.05, begun a minute ago. */
const second = { index: 1, count: 3, sampleRate: 0.05, startedAt: ago(60) };
const ramping = (more: Partial<MigrationStatus> = {}) => aContext("Ramp", { status: { stage: second, ...more } });
const downs = (stepDowns: number) => ({ harm: { causes: ["older"], stepDowns } });
const many = Array.from({ length: 11 }, (_, index) => `cause ${index + 1}`);
const shadowed = { primary: "source", shadow: "destination", released: false, epoch: 6, at: ago(0), pods: 2 } as const;

describe("a step down from a stage that isn't the first", () => {
  it("goes to the rate of the stage before, in a new epoch, and tells why as a warning", () => {
    const message = "stepped down to 0.02: too slow; wrong";
    const outcome = stepDown(ramping(), ["too slow", "wrong"]);
    expect(outcome).toMatchObject({ standing: "working", reason: "SteppedDown", requeueAfterMs: 1000 });
    expect(outcome.announcements).toEqual([{ type: "Warning", reason: "SteppedDown", message, severity: null }]);
    expect(outcome.status).toMatchObject({ phase: "Ramp", message, epoch: 6 });
    expect(outcome.status.revision).toEqual({ ...shadowed, sampleRate: 0.02 });
    expect(outcome.status.history).toEqual([{ at: ago(0), phase: "Ramp", epoch: 6, reason: "SteppedDown", message }]);
  });

  it("begins that stage anew, one step down the more", () => {
    const { stage, harm } = stepDown(ramping(), ["too slow", "wrong"]).status;
    expect(stage).toStrictEqual({ index: 0, count: 3, sampleRate: 0.02 });
    expect(harm).toStrictEqual({ causes: ["too slow", "wrong"], stepDowns: 1 });
    expect(stepDown(ramping(downs(1)), ["worse"]).status.harm).toStrictEqual({ causes: ["worse"], stepDowns: 2 });
  });

  it("goes down by one stage, not to the first", () => {
    const { stage, revision } = stepDown(ramping({ stage: { ...second, index: 2 } }), ["too slow"]).status;
    expect([stage, revision?.sampleRate]).toEqual([{ index: 1, count: 3, sampleRate: 0.05 }, 0.05]);
  });

  it("keeps the first ten causes, and says two of them and how many more", () => {
    const { harm, message } = stepDown(ramping(), many).status;
    expect(harm?.causes).toEqual(many.slice(0, 10));
    expect(message).toBe("stepped down to 0.02: cause 1; cause 2; and 9 more");
  });
});

describe("a step down to no sampling at all", () => {
  const first = { index: 0, count: 3, sampleRate: 0.02, startedAt: ago(60) };
  const message = "sampling stopped and held until a person resumes: too slow; wrong";

  it("comes from the first stage, holds the migration and opens a ticket", () => {
    const outcome = stepDown(ramping({ stage: first }), ["too slow", "wrong"]);
    expect(outcome).toMatchObject({ standing: "blocked", reason: "Held" });
    expect(outcome.announcements).toEqual([{ type: "Warning", reason: "Held", message, severity: "ticket" }]);
    expect(outcome.status).toMatchObject({ phase: "Ramp", message, epoch: 6 });
    expect(outcome.status.revision).toEqual({ ...shadowed, sampleRate: 0 });
    expect(outcome.status.stage).toStrictEqual({ index: 0, count: 3, sampleRate: 0 });
    expect(outcome.status.harm).toStrictEqual({ causes: ["too slow", "wrong"], stepDowns: 1, heldSince: ago(0) });
  });

  it("comes from any stage after three steps down, not after two", () => {
    expect(mostStepDowns).toBe(3);
    expect(stepDown(ramping(downs(2)), ["worse"])).toMatchObject({
      reason: "SteppedDown",
      status: { harm: { stepDowns: 3 } },
    });
    const held = stepDown(ramping(downs(3)), ["worse"]);
    expect(held).toMatchObject({ reason: "Held", standing: "blocked" });
    expect(held.status.stage).toStrictEqual({ index: 0, count: 3, sampleRate: 0 });
    expect(held.status.harm).toStrictEqual({ causes: ["worse"], stepDowns: 4, heldSince: ago(0) });
  });

  it("keeps the first ten causes", () => {
    expect(stepDown(ramping({ stage: first }), many).status.harm?.causes).toEqual(many.slice(0, 10));
  });
});

describe.each<[string, (more?: Partial<MigrationStatus>) => Context]>([
  ["to the stage before", ramping],
  ["to no sampling at all", (more) => ramping({ ...downs(3), ...more })],
])("a step down %s", (_what, of) => {
  it("asks for a new Promote and begins a validation anew", () => {
    const acts = { paused: false, seen: [], promotedBy: "ada", retriedBy: "grace" };
    const { status } = stepDown(of({ acts, validation: { startedAt: ago(600) } }), ["too slow"]);
    expect(status.acts).toStrictEqual({ paused: false, seen: [], retriedBy: "grace" });
    expect(status).not.toHaveProperty("validation");
  });

  it("has no acts where nobody acted", () => {
    expect(stepDown(of(), ["too slow"]).status).not.toHaveProperty("acts");
  });

  it("forgets what was measured in the epoch before", () => {
    const evidence = aRecord(5);
    const c = of({ evidence, gates: [aVerdict("Fail")], acks: { pods: 2, matched: 2, lagging: [], lost: [] } });
    const { status } = stepDown(c, ["too slow"]);
    expect(status.gates).toEqual([]);
    expect(status).not.toHaveProperty("evidence");
    expect(status).not.toHaveProperty("acks");
  });

  it.each([
    ["WarmUp", "WarmUp", ago(600)],
    ["Ramp", "Ramp", ago(600)],
    ["AwaitingCutover", "Ramp", ago(0)],
  ] as const)("leads from %s to %s, since %s", (from, to, since) => {
    const c = of({ phase: from, phaseStartedAt: ago(600) });
    expect(stepDown(c, ["too slow"]).status).toMatchObject({ phase: to, phaseStartedAt: since });
  });
});

describe("where nothing is sampled", () => {
  const { revision } = ramping().status;

  it.each([
    ["the rate is 0 already", ramping({ ...(revision && { revision: { ...revision, sampleRate: 0 } }) })],
    ["the status names no stage", ramping({ stage: undefined })],
    ["nothing was ever revised", ramping({ revision: undefined })],
  ])("because %s, it is held as it is and nobody is told again", (_what, c) => {
    expect(stepDown(c, ["too slow", "wrong"])).toStrictEqual({
      status: { ...c.status, message: "held at rate 0: too slow; wrong" },
      standing: "blocked",
      reason: "Held",
      announcements: [],
      requeueAfterMs: c.pollMs,
    });
  });
});
