// A pause asked by itself.
import { expect, it } from "vitest";
import { aContext, tell } from "#test/builders/context.ts";
import { paused } from "./paused.ts";

const pause = { acts: { seen: [], paused: true } };

it("holds a phase, and says how to go on", () => {
  const outcome = paused(aContext("Ramp", { status: pause }));
  expect(outcome && tell(outcome)).toBe("Ramp waiting Paused: paused by a person; create a Resume act to go on");
});

it("holds neither a cutover in progress nor what nobody paused", () => {
  expect(paused(aContext("CuttingOver", { status: pause }))).toBeUndefined();
  expect(paused(aContext("Ramp", { status: { acts: { seen: [], paused: false } } }))).toBeUndefined();
  expect(paused(aContext("Ramp"))).toBeUndefined();
});
