import fc from "fast-check";
import { expect, test } from "vitest";
import { fitted, printRow, row, wrapped } from "./lines.ts";

const columns = fc.integer({ min: 20, max: 100 });

test("a sentence that is wrapped has the same words, whatever the length of its first", () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), columns, (words, width) => {
      const lines = wrapped(words.join(" "), width);
      expect(lines.map((line) => line.trim()).join(" ")).toBe(words.join(" "));
      expect(lines.filter((line) => line.length > width)).toEqual([]);
    }),
  );
});

test("where a cluster's name is long, its line says in which namespace, on as many lines as it needs", () => {
  const cluster = "arn:aws:eks:eu-central-1:123456789012:cluster/prod (https://0123456789.gr7.eks.amazonaws.com)";
  expect(wrapped(`in namespace search of ${cluster}`, 80)).toEqual([
    "in namespace search of arn:aws:eks:eu-central-1:123456789012:cluster/prod",
    "  (https://0123456789.gr7.eks.amazonaws.com)",
  ]);
});

test("a row that is wrapped keeps its word apart from what follows, however long the word is", () => {
  const said = "went back by itself since the destination was slower than the limit of the plan allows for";
  for (const word of ["ready", "from Guard", "from WarmUp", "from AwaitingCutover"]) {
    const text = printRow(row("ROLLBACK", word, said));
    const lines = wrapped(text, 80).map((line) => line.trim());
    expect(lines.join(" ").replaceAll(/ +/g, " ")).toContain(`ROLLBACK ${word} went`);
  }
});

/** As a terminal shows it: Han characters take two columns. */
const shownColumns = (line: string): number => line.replaceAll(/[\u4e00-\u9fff]/g, "xx").length;

test("characters that take two columns make no line wider, in a sentence or in a table, and none of a sentence is lost", () => {
  const word = fc.constantFrom("漢字", "理由", "paused", "5 %", "by");
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 60 }), columns, (words, width) => {
      const text = `Not further because: ${words.join(" ")}`;
      const lines = wrapped(text, width);
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      expect([...lines, fitted(text, width)].filter((line) => shownColumns(line) > width)).toEqual([]);
      const isWhole = shownColumns(text) <= width;
      expect([lines.length === 1, fitted(text, width) === text]).toEqual([isWhole, isWhole]);
    }),
  );
});
