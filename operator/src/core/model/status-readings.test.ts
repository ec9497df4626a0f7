// What everybody reads off a status.
import { describe, expect, it } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { isPastCutover, isRollingBack } from "./status-readings.ts";

describe("where a migration stands", () => {
  const revision = { epoch: 5, shadow: "none", sampleRate: 0, released: false, at: "2026-03-01T12:00:00Z" } as const;

  it("is past the cutover while its revision's primary is the destination", () => {
    expect(isPastCutover(aStatus())).toBe(false);
    expect(isPastCutover(aStatus({ revision: { ...revision, primary: "source" } }))).toBe(false);
    expect(isPastCutover(aStatus({ revision: { ...revision, primary: "destination" } }))).toBe(true);
  });

  it.each([
    ["Guard", false],
    ["RollingBack", true],
    ["VerifyingDrift", true],
    ["RolledBack", false],
  ] as const)("%s is rolling back: %s", (phase, isUnderWay) => {
    expect(isRollingBack(aStatus({ phase }))).toBe(isUnderWay);
  });
});
