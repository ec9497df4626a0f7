// What one namespace holds up, and what it doesn't.
import { expect, it } from "vitest";
import { aDetection, aStandingLine } from "#test/builders/detection.ts";
import { judgeSlices } from "./slices.ts";

const chosen = { slicesChosenIn: "Ramp", slices: [{ name: "tenant-a", requests: 5000 }] };

it("a stage without namespaces, or before they are chosen, has no gate on them", () => {
  expect(judgeSlices(undefined, 60)).toBeUndefined();
  expect(judgeSlices(aDetection(5), 60)).toBeUndefined();
});

it("slices of which none stands out let the rate rise, whatever all traffic does", () => {
  const lines = [aStandingLine("score"), aStandingLine("mismatch", { slice: 0, evidence: 0.49, bad: 3, n: 20 })];
  expect(judgeSlices({ ...aDetection(5, lines), ...chosen }, 60.4)).toMatchObject({
    gate: "slices",
    verdict: "Pass",
    value: 0.15,
    n: 20,
    limit: 0.05,
    windowSeconds: 60,
    message: "slices: none of 1 namespaces stands out",
  });
  expect(judgeSlices({ ...aDetection(5), ...chosen }, 60)).toMatchObject({ verdict: "Pass", value: null, n: 0 });
});

it("a slice that may be harmed makes a rise wait, by its number and never by its name", () => {
  const lines = [0, 3].map((slice) => aStandingLine("score", { slice, evidence: 0.5 + slice / 10, bad: 9, n: 10 }));
  const verdict = judgeSlices({ ...aDetection(5, lines), ...chosen }, 60);
  expect(verdict).toMatchObject({
    verdict: "NotYet",
    message: "slices: slice 3 may be harmed (score, 90 % of 10 samples are bad, limit 5 %); waiting to be sure",
  });
});
