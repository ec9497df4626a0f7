import { expect, test } from "vitest";
import { renderScore, scoreOf } from "./mutation-score.ts";

test("a mutant that a test noticed or that never ended is killed; what doesn't compile doesn't count", () => {
  const mutant = (status: string, replacement = "x") => ({
    mutatorName: "BooleanLiteral",
    replacement,
    status,
    location: { start: { line: 2, column: 4 } },
  });
  const statuses = ["Killed", "Timeout", "Survived", "CompileError", "Ignored"];
  const files = { "a.ts": { mutants: statuses.map((status) => mutant(status)) } };
  const unrun = { "b.ts": { mutants: [mutant("NoCoverage", "a\n  b")] } };
  const score = scoreOf({ files: { ...files, ...unrun } });
  expect(score).toEqual({
    mutants: 4,
    killed: 2,
    survivors: ["a.ts:2:4 BooleanLiteral: x", "b.ts:2:4 BooleanLiteral, never run: a b"],
  });
  expect(renderScore({ name: "gates", seconds: 61.4, ...score }).at(-1)).toBe(
    "gates: 2 of 4 mutants killed (50.0 %) in 61 s",
  );
});
