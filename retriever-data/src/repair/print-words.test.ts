import { expect, test } from "vitest";
import { printLeft } from "./print.ts";

test("what a store wrote into an id or a refusal steers no terminal that a repair prints to", () => {
  const words = "a\u001b[2J\u202e\u009b\ud800";
  const lines = printLeft([{ id: words, why: "refused", reason: words }]).join("\n");
  expect(lines.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
  expect(lines).toContain("\\u001b[2J");
});

test("chunks that are refused for one reason are named together", () => {
  const of = (id: string, reason: string) => ({ id, why: "refused", reason }) as const;
  expect(printLeft([of("a", "too long"), of("b", "NUL"), of("c", "too long")]).slice(1)).toEqual([
    "          a, c: too long",
    "          b: NUL",
  ]);
});
