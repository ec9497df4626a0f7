import fc from "fast-check";
import { expect, test } from "vitest";
import { hung } from "./wrap.ts";

test("no line ends between a number and its per cent", () => {
  const word = fc.constantFrom("12 %", "100 %", "of", "samples", "shadow at", "0.5 %");
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), fc.integer({ min: 20, max: 90 }), (words, columns) => {
      const sentence = words.join(" ");
      const lines = hung("  ", sentence, columns);
      expect(lines.filter((line) => /^ *%/.test(line) || line.length > columns)).toEqual([]);
      expect(lines.map((line) => line.trim()).join(" ")).toBe(sentence);
    }),
  );
});
