// Failing on a grand scale, and everything that only looks like it.

import type { SevereRun } from "@retriever/crds/status/harm-status.ts";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { type LineCount as Count, type LineRule, trafficLines } from "./lines.ts";
import { failuresToLeave, foldSevereRun, isSevere } from "./severe-run.ts";

const plan = aSpec();
const lines = trafficLines({ plan, baseline: undefined, pastCutover: true, differenceIsHarmless: false });
const rule = lines.find(({ line }) => line === "severe") as LineRule;

function play(counts: readonly Count[], pods: readonly string[] = ["a", "b"]): SevereRun | undefined {
  let run: SevereRun | undefined;
  for (const [bin, count] of counts.entries()) run = foldSevereRun(run, { count, pods, startMs: bin * 10_000 }, rule);
  return run;
}

const failing: Count = { bad: 20, n: 20 };
const fine: Count = { bad: 0, n: 24 };

function severe(
  run: SevereRun | undefined,
  more: { stands?: boolean; serving?: number; sourceAnswers?: boolean; groups?: number[][] } = {},
) {
  const facts = { plan, stands: true, serving: 3, sourceAnswers: true, populated: 3, ...more };
  const line = { line: "severe", slice: null, limit: 0.2, bad: 0, n: 0, evidence: 1, logs: [30] } as const;
  const { groups } = more;
  const told = { ...(run === undefined ? {} : { run }), ...(groups === undefined ? {} : { groups }) };
  return isSevere({ ...line, logs: [...line.logs], ...told }, rule, facts);
}

describe("a run of failures", () => {
  it("begins with a failed request and says how long everything would have had to fail", () => {
    expect(play([fine])).toBeUndefined();
    expect(play([failing, failing])).toMatchObject({ failures: 40, requests: 40, failingSeconds: 20 });
    expect(play([{ bad: 10, n: 20 }])).toMatchObject({ failingSeconds: 5 });
  });

  it("ends with a part in which requests surely succeed again", () => {
    expect(play([failing, failing, fine])).toBeUndefined();
    expect(play([failing, failing, fine, failing])).toMatchObject({ failures: 20 });
  });

  it("of thin traffic needs two dozen requests to end", () => {
    const one = (bad: number): Count => ({ bad, n: 1 });
    const run = Array.from({ length: 24 }, () => one(1));
    expect(play([...run, ...Array.from({ length: 23 }, () => one(0))])).toBeDefined();
    expect(play([...run, ...Array.from({ length: 24 }, () => one(0))])).toBeUndefined();
  });
});

describe("severe harm", () => {
  const run = play([failing, failing]);

  it("is acted on at once", () => {
    expect(severe(run)).toBe(true);
  });

  it.each([
    ["evidence that doesn't stand", severe(run, { stands: false })],
    ["a source that doesn't answer either", severe(run, { sourceAnswers: false })],
    ["failures of one pod of several", severe(play([failing, failing], ["a"]))],
    ["a hiccup shorter than severeFor", severe(play([failing]))],
    ["fewer than a dozen failures", severe(play(Array.from({ length: 11 }, () => ({ bad: 1, n: 1 }))))],
    ["what the source fails as well", severe(play([failing, failing].map((one) => ({ ...one, reference: one }))))],
    [
      "what is left of without the one pod that fails most",
      severe(run, {
        groups: [
          [40, 40],
          [0, 40],
          [1, 40],
        ],
      }),
    ],
    ["nothing", severe(undefined)],
  ])("is not %s", (_what, isIt) => {
    expect(isIt).toBe(false);
  });

  it("of a dead destination is told from a source that answers each of the same requests by so many, and no fewer", () => {
    const dead: Count = { bad: 1, n: 1, reference: { bad: 0, n: 1 } };
    const left = Array.from({ length: 24 }, (_, index) => index + 1).filter((failures) =>
      severe(play(Array.from({ length: failures }, () => dead))),
    );
    expect(left[0]).toBe(failuresToLeave);
  });

  it("of the only pod that serves counts as that of several", () => {
    expect(severe(play([failing, failing], ["a"]), { serving: 1 })).toBe(true);
  });
});
