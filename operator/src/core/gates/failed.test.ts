// Verdicts beside the plan: what a failed gate does, and what keeps a stage from ending.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import type { Verdict } from "@retriever/crds/status/migration-status.ts";
import { expect, test } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import type { Context } from "../model/context.ts";
import { failedGates, unpassed } from "./failed.ts";

type Thresholds = NonNullable<MigrationSpecInput["thresholds"]>;

const rest = { value: 0, interval: null, n: 1, limit: 0, windowSeconds: 1, message: "" };
const aContext = (verdicts: Readonly<Record<string, Verdict["verdict"]>>, thresholds: Thresholds = {}) =>
  ({
    plan: aSpec({ thresholds }),
    gates: Object.entries(verdicts).map(([gate, verdict]) => ({ gate, verdict, ...rest })),
  }) as unknown as Context;
const gatesOf = (found: readonly { readonly gate: string }[]) => found.map(({ gate }) => gate);

test.each([
  ["scoreDelta", { scoreDelta: { beforeCutover: "Hold" } }],
  ["scoreMean", { scoreDelta: { beforeCutover: "Hold" } }],
  ["latencyDelta", { latencyDelta: { beforeCutover: "Hold" } }],
  ["mismatch", { mismatch: { beforeCutover: "Hold" } }],
  ["overlap", { overlap: { beforeCutover: "Hold" } }],
  ["shadowErrors", { shadowErrors: { beforeCutover: "Hold" } }],
] as const)("%s does what its own line says", (gate, thresholds) => {
  const failed = failedGates(aContext({ [gate]: "Fail", other: "Fail" }, thresholds));
  expect(failed.map(({ verdict, action }) => [verdict.gate, action])).toEqual([
    [gate, "Hold"],
    ["other", "StepDown"],
  ]);
});

test("only what failed, and does more than observe, acts", () => {
  const verdicts = { scoreDelta: "Fail", mismatch: "NotYet", overlap: "Unknown", latencyDelta: "Pass" } as const;
  expect(gatesOf(failedGates(aContext(verdicts)).map(({ verdict }) => verdict))).toEqual(["scoreDelta"]);
  expect(failedGates(aContext(verdicts, { scoreDelta: { beforeCutover: "Observe" } }))).toEqual([]);
});

test("everything but a pass keeps a stage from ending, except a failure that is only observed", () => {
  const verdicts = { scoreDelta: "Fail", mismatch: "NotYet", overlap: "Unknown", latencyDelta: "Pass" } as const;
  expect(gatesOf(unpassed(aContext(verdicts)))).toEqual(["scoreDelta", "mismatch", "overlap"]);
  const observing = { scoreDelta: { beforeCutover: "Observe" }, mismatch: { beforeCutover: "Observe" } } as const;
  expect(gatesOf(unpassed(aContext(verdicts, observing)))).toEqual(["mismatch", "overlap"]);
});
