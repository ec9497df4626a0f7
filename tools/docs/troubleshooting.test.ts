// docs/troubleshooting.md held to the code: every reason that the operator's core gives stands there, and no other.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { acts } from "../../crds/src/migration.ts";
import { conditionTypes, phases } from "../../crds/src/status/migration-status.ts";
import { isTest, readSource, treePaths } from "../tree.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
const paths = (await treePaths(root)).filter((path) => path.startsWith("operator/src/") && path.endsWith(".ts"));
const sources = paths.filter((path) => !isTest(path)).map((path) => readSource(root, path));

/** Words of the core that are no reasons: values of fields, answers, kinds of messages. */
const others = new Set(
  `Adaptive Allow ApprovalWanted Both Buckets Completion Corrections Fail Failed False Fixed Hold IncidentReview Keep KeepShadow Manifest Midpoint
  Normal NotStarted NotYet Observe Off Page Pass PostmortemOverdue PreCutover Require Resolved Running Sidecars Skip SourceOnly Stage Start StepDown
  Stopped Ticket True Unknown Validate
  Verify Warning`.split(/\s+/),
);
const known: readonly string[] = [...phases, ...conditionTypes, ...acts];

function wordsOf(folder: string): string[] {
  const texts = sources.filter(({ path }) => path.startsWith(folder)).map(({ text }) => text);
  return texts.flatMap((text) => [...text.matchAll(/"([A-Z][a-z]+(?:[A-Z][a-z]*)*)"/g)].map(([, word = ""]) => word));
}

const reasons = [...new Set(wordsOf("operator/src/core/"))].filter(
  (word) => !known.includes(word) && !others.has(word),
);
const said = [...page.matchAll(/`([A-Z][a-z]+(?:[A-Z][a-z]*)*)`/g)].map(([, word = ""]) => word);

describe("docs/troubleshooting.md", () => {
  it("has every reason that the core gives", () => {
    expect(reasons.filter((reason) => !said.includes(reason))).toEqual([]);
    expect(reasons.length).toBeGreaterThan(100);
  });

  it("has no reason that nothing gives", () => {
    const given = new Set(wordsOf("operator/src/"));
    expect(said.filter((word) => !given.has(word))).toEqual([]);
  });
});
