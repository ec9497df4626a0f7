// Limits of the metrics, and reading them.
import { describe, expect, it } from "vitest";
import { caughtBy, type Finding, readSample } from "./finding.ts";

const calm: Finding = { samples: 100, scoreDeltaP95: 0, mismatch: 0.02, overlap: 0.99, rankOverlap: 0.99, lagDays: 0 };

describe("a finding", () => {
  it("of an undamaged copy is caught by nothing", () => {
    expect(caughtBy(calm, calm)).toEqual([]);
  });

  it("at its limits isn't caught, beyond them it is", () => {
    const limits = { ...calm, scoreDeltaP95: 0.2, mismatch: 0.07, overlap: 0.9, rankOverlap: 0.9, lagDays: 1 };
    expect(caughtBy(limits, calm)).toEqual([]);
    const beyond = { ...calm, scoreDeltaP95: 0.21, mismatch: 0.08, overlap: 0.89, rankOverlap: 0.89, lagDays: 2 };
    expect(caughtBy(beyond, calm)).toEqual(["score delta", "mismatch", "overlap@10", "RBO", "lag"]);
  });
});

describe("exposition text", () => {
  const text = '# HELP a b\na 1\na_sum 2.5\nb{quantile="p50"} 3\nb{quantile="p95"} 4e-7\n';

  it("gives the sample of a name and its labels", () => {
    expect(readSample(text, "a")).toBe(1);
    expect(readSample(text, "a_sum")).toBe(2.5);
    expect(readSample(text, "b", 'quantile="p95"')).toBe(4e-7);
  });

  it("gives nothing for a sample that isn't there", () => {
    expect(readSample(text, "c")).toBeUndefined();
    expect(readSample(text, "b")).toBeUndefined();
  });
});
