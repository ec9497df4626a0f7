// Whether a stage may rise on what its samples say of the chunks' content.
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { judgeContent } from "./content-gate.ts";

const plan = aSpec();

function judge(totals: Counters, each: readonly Counters[] = [], spec = plan) {
  const pods = each.map((counters, index) => ({ name: `pod-${index}`, counters }));
  return judgeContent({ plan: spec, totals, pods, elapsedSeconds: 60 });
}

const good = someCounters({ contentSamples: 400 });
const bad = someCounters({ contentSamples: 400, contentMissingSum: 200 });

it.each([
  ["nothing was compared", {}, undefined],
  ["one sample agrees", { contentSamples: 1 }, "Pass"],
  ["the share is the limit", { contentSamples: 100, contentMissingSum: 0.5, contentDifferentSum: 0.5 }, "Pass"],
  ["chunks lack their text", { contentSamples: 100, contentMissingSum: 1.5 }, "NotYet"],
  ["chunks have another text", { contentSamples: 1, contentDifferentSum: 0.25 }, "NotYet"],
])("where %s the gate says so", (_, counters, verdict) => {
  expect(judge(someCounters(counters))[0]?.verdict).toBe(verdict);
});

it("a breach that is only observed passes, and says that it is one", () => {
  const { thresholds } = plan;
  const content = { ...thresholds.content, beforeCutover: "Observe" } as const;
  const observing = { ...plan, thresholds: { ...thresholds, content } };
  const [verdict] = judge(someCounters({ contentSamples: 4, contentMissingSum: 4 }), [], observing);
  expect(verdict).toMatchObject({ gate: "content", verdict: "Pass", value: 1, n: 4 });
  expect(verdict?.message).toBe(
    "content: 100 % of the chunks in 4 samples lack content or have another one, over the limit of 1 %, which is only observed",
  );
});

it("what one pod of three says alone holds the stage, and names it", () => {
  const [verdict] = judge(someCounters({ contentSamples: 1200, contentMissingSum: 200 }), [bad, good, good]);
  expect(verdict).toMatchObject({ verdict: "NotYet", isAlone: true });
  expect(verdict?.message).toContain("pod-0");
});

it("what every pod says is the fleet's", () => {
  const [verdict] = judge(someCounters({ contentSamples: 1200, contentMissingSum: 600 }), [bad, bad, bad]);
  expect(verdict).toMatchObject({ verdict: "NotYet" });
  expect(verdict?.isAlone).toBeUndefined();
});

it("a billion good samples of one pod hide nothing of the others'", () => {
  const liar = someCounters({ contentSamples: 1e9 });
  const [verdict] = judge(someCounters({ contentSamples: 1e9 + 800, contentMissingSum: 400 }), [liar, bad, bad]);
  expect(verdict).toMatchObject({ verdict: "NotYet" });
  expect(verdict?.message).toContain("pod-0");
});
