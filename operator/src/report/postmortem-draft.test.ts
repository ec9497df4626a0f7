import { migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { draftPostmortem } from "./postmortem-draft.ts";
import type { StoryEntry } from "./report.ts";

const at = "2026-01-01T00:00:00.000Z";

function draft(causes: readonly string[], messages: readonly string[]): string | null {
  const rollback = { at, from: "Guard" as const, reason: "Harm", causes: [...causes], actor: null };
  const revision = { epoch: 5, primary: "source", shadow: "none", sampleRate: 0, at } as never;
  const status = { ...migrationStatusSchema.parse({}), rollback, revision };
  const story = messages.map((message, index) => ({
    number: index + 1,
    seq: index + 1,
    at,
    phase: "Guard",
    label: "Guard",
    epoch: 5,
    reason: "Harm",
    message,
    severity: "page",
    moved: true,
  })) satisfies StoryEntry[];
  return draftPostmortem({ name: "search/docs", status, plan: undefined, impact: null, story, comparisons: [] });
}

test("ten long causes and a long story are shortened, and the follow-ups stay with the namespace in the command", () => {
  const text = draft(Array(10).fill("c".repeat(1024)), Array(40).fill("m".repeat(1024)));
  expect(text?.length).toBeLessThanOrEqual(8192);
  expect(text).toMatch(
    /## Timeline\n\n- [\s\S]+## Follow-ups[\s\S]+postmortem docs -n search --file FILE --reason TEXT\n$/,
  );
});

test("whatever the words are, the draft fits and ends in its follow-ups", () => {
  const word = fc.oneof(
    fc.string({ maxLength: 1024 }),
    fc.constantFrom("\u202e", "*", "🙂").map((mark) => mark.repeat(500)),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 10 }), fc.array(word, { maxLength: 30 }), (causes, messages) => {
      const text = draft(causes, messages) ?? "";
      expect(text.length).toBeLessThanOrEqual(8192);
      expect(text).toMatch(/--reason TEXT\n$/);
    }),
  );
});
