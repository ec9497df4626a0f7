// A stage measured once more: the same stage at the same rate, in a new epoch, and a person asked again.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, ago, tell } from "#test/builders/context.ts";
import { aStatus } from "#test/builders/migration.ts";
import { resample, withoutPromote } from "./resample.ts";

const second = { index: 1, count: 3, sampleRate: 0.05, startedAt: ago(600) };
const until = "2026-03-01T16:00:00.000Z";
const promoted = { paused: true, seen: [], promotedBy: "ada", promoteUntil: until, retriedBy: "grace" };
const unpromoted = { paused: true, seen: [], retriedBy: "grace" };

describe("a stage whose evidence is lost", () => {
  const outcome = resample(aContext("Ramp", { status: { stage: second, acts: promoted } }));
  const message = "too many pods went away with their counts; stage 2 of 3 is measured again at rate 0.05";

  it("is measured again in a new epoch, and that is told as a warning", () => {
    expect(tell(outcome)).toBe(`Ramp working EvidenceLost: ${message}`);
    expect(outcome.announcements).toEqual([{ type: "Warning", reason: "EvidenceLost", message, page: false }]);
    expect(outcome.status.history).toEqual([{ at: ago(0), phase: "Ramp", epoch: 6, reason: "EvidenceLost", message }]);
    expect(outcome.status.revision).toEqual({
      epoch: 6,
      primary: "source",
      shadow: "destination",
      sampleRate: 0.05,
      released: false,
      at: ago(0),
      pods: 2,
    });
  });

  it("is the same stage, not begun yet, without the Promote that was given for what is lost", () => {
    expect(outcome.status.stage).toStrictEqual({ index: 1, count: 3, sampleRate: 0.05 });
    expect(outcome.status.acts).toStrictEqual(unpromoted);
  });

  it("goes on at the rate in force, whatever its own is", () => {
    const { revision } = aContext("Ramp").status;
    const status = { stage: second, ...(revision && { revision: { ...revision, sampleRate: 0.01 } }) };
    const again = resample(aContext("Ramp", { status })).status;
    expect(again.message).toMatch(/; stage 2 of 3 is measured again at rate 0\.01$/);
    expect([again.revision?.sampleRate, again.stage?.sampleRate]).toEqual([0.01, 0.05]);
  });

  it("has no acts where nobody acted", () => {
    expect(resample(aContext("Ramp")).status).not.toHaveProperty("acts");
  });

  it.each([
    ["WarmUp", "WarmUp", ago(600)],
    ["Ramp", "Ramp", ago(600)],
    ["AwaitingCutover", "Ramp", ago(0)],
  ] as const)("leads from %s to %s, since %s", (from, to, since) => {
    const c = aContext(from, { status: { stage: second, phaseStartedAt: ago(600) } });
    expect(resample(c).status).toMatchObject({ phase: to, phaseStartedAt: since });
  });
});

it.each<[string, Partial<MigrationStatus>]>([
  ["no stage", { stage: undefined }],
  ["no revision", { revision: undefined }],
])("a status with %s can't be measured again and says what a person can do", (_what, status) => {
  const c = aContext("Ramp", { status });
  expect(resample(c)).toStrictEqual({
    status: { ...c.status, message: "the status lost its stage; create an Abort act to return to the source" },
    standing: "blocked",
    reason: "StageUnknown",
    announcements: [],
    requeueAfterMs: c.pollMs,
  });
});

describe("acts without a Promote", () => {
  it("keep everything else", () => {
    expect(withoutPromote(aStatus({ acts: promoted }))).toStrictEqual({ acts: unpromoted });
    expect(withoutPromote(aStatus({ acts: unpromoted }))).toStrictEqual({ acts: unpromoted });
  });

  it("are none where there were none", () => {
    expect(withoutPromote(aStatus())).toStrictEqual({});
  });
});
