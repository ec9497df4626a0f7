import { migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { expect, test } from "vitest";
import type { Step } from "./fold-records.ts";
import { impactOf } from "./impact.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

function step(minute: number, primary: Step["primary"]): Step {
  return {
    seq: minute,
    at: at(minute),
    phase: "Ramp",
    label: "Ramp",
    epoch: minute,
    sampleRate: 1,
    primary,
    mismatchBaseline: null,
    gatesBefore: [],
    reason: "",
    message: "",
    announcements: [],
    moved: true,
  };
}

function impact(status: object, steps: readonly Step[]) {
  const whole = { ...migrationStatusSchema.parse({}), ...status };
  return impactOf({ status: whole, steps, counts: [], harmSince: undefined, slices: new Set(), until: at(60) });
}

const takenBack = { at: at(12), reason: "AckTimeout", causes: [], times: 1, servedUntil: at(13) };
const first = [step(0, "source"), step(10, "destination"), step(12, "source")];

test("a cutover that a Retry made again counts its own time and the time before", () => {
  const retried = impact({ cutoverAt: at(30), takenBack }, [...first, step(30, "destination")]);
  expect(retried).toMatchObject({ from: at(10), until: null, seconds: (3 + 30) * 60 });
});

test("a Retry that is rolled back ends when the pods serve from the source again, not when the first try did", () => {
  const rollback = { at: at(40), from: "Guard", reason: "Harm", causes: [], actor: null, servedUntil: at(41) };
  const steps = [...first, step(30, "destination"), step(40, "source")];
  const ended = impact({ cutoverAt: at(30), takenBack, rollback }, steps);
  expect(ended).toMatchObject({ from: at(10), until: at(41), seconds: (3 + 11) * 60 });
});

test("a cutover that was taken back and compared since still counts, whatever the status forgot", () => {
  expect(impact({ takenBack }, first)).toMatchObject({ from: at(10), until: at(13), seconds: 180 });
});

test("a chain that begins after the first try takes its time from the status", () => {
  const known = { takenBack: { ...takenBack, servedFrom: at(9) }, cutoverAt: at(30) };
  expect(impact(known, [step(30, "destination")])).toMatchObject({ from: at(9), seconds: (4 + 30) * 60 });
});

test("a migration that never cut over had no impact", () => {
  expect(impact({}, [step(0, "source")])).toBeNull();
});
