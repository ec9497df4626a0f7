import { describe, expect, it } from "vitest";
import type { Outcome } from "#rehearse/outcome.ts";
import { missOf, parseExpectation } from "./expectation.ts";

const ran = (phase: Outcome["phase"], reason: string): Outcome => ({
  seed: 1,
  phase,
  reason,
  ending: "ended",
  causes: [],
  seconds: 1,
  since: null,
});
const outcomes = [...Array.from({ length: 99 }, () => ran("Completed", "Completed")), ran("RolledBack", "HarmAlert")];

describe("what is expected of the runs", () => {
  it.each(["Completed>=0.99", "RolledBack<=0.01", "HarmAlert>=0.01", "HarmSevere<=0"])("`%s` holds", (text) => {
    const expectation = parseExpectation(text);
    expect(expectation && missOf(expectation, outcomes)).toBeUndefined();
    expect(expectation).toBeDefined();
  });

  it("and doesn't hold is said with the share that was seen", () => {
    const expectation = parseExpectation("Completed>=1");
    expect(expectation && missOf(expectation, outcomes)).toBe(
      "received Completed in 99 of 100 runs (99 %), expected at least 100 %",
    );
  });

  it.each(["Completed", "Completed=1", "Completed>=1.5", "Completed>=99 %", ">=0.5", "Completed>=-1"])(
    "is not understood as `%s`",
    (text) => expect(parseExpectation(text)).toBeUndefined(),
  );
});
