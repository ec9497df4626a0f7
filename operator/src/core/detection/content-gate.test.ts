// Whether a stage may rise on what its samples say of the chunks' content.
import { expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aSpec } from "#test/builders/spec.ts";
import { judgeContent } from "./content-gate.ts";

const plan = aSpec();

it.each([
  ["nothing was compared", {}, undefined],
  ["one sample agrees", { contentSamples: 1 }, "Pass"],
  ["the share is the limit", { contentSamples: 100, contentMissingSum: 0.5, contentDifferentSum: 0.5 }, "Pass"],
  ["chunks lack their text", { contentSamples: 100, contentMissingSum: 1.5 }, "NotYet"],
  ["chunks have another text", { contentSamples: 1, contentDifferentSum: 0.25 }, "NotYet"],
])("where %s the gate says so", (_, counters, verdict) => {
  expect(judgeContent(plan, someCounters(counters), 60)[0]?.verdict).toBe(verdict);
});

it("a breach that is only observed passes, and says that it is one", () => {
  const { thresholds } = plan;
  const content = { ...thresholds.content, beforeCutover: "Observe" } as const;
  const observing = { ...plan, thresholds: { ...thresholds, content } };
  const [verdict] = judgeContent(observing, someCounters({ contentSamples: 4, contentMissingSum: 4 }), 60);
  expect(verdict).toMatchObject({ gate: "content", verdict: "Pass", value: 1, n: 4 });
  expect(verdict?.message).toBe(
    "content: 100 % of the chunks in 4 samples lack content or have another one, over the limit of 1 %, which is only observed",
  );
});
