import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExact, rawSpelling } from "./exact-json.ts";
import { surveyJson } from "./intricate-json.ts";

const spelling = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.nat(),
    fc.constantFrom("", ".0", ".50", ".25", ".0000001"),
    fc.constantFrom("", "e2", "E-7", "e+30"),
  )
  .map((parts) => parts.join(""));
const number = fc.oneof(
  spelling,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
);
const isOdd = (text: string): boolean => String(Number(text)) !== text;

test("a number keeps its digits, whatever stands around it, and is a number where it would print the same", () => {
  const around = fc.constantFrom("", " ", "\n\t");
  const words = fc.string({ maxLength: 20 });
  fc.assert(
    fc.property(fc.array(fc.tuple(words, number, around), { maxLength: 8 }), (members) => {
      const text = `[${members.map(([word, digits, space]) => `${JSON.stringify(word)},{"a":${space}${digits}${space}}`).join(",")}]`;
      const read = parseExact(text) as readonly ({ readonly a: unknown } | string)[];
      expect(surveyJson(text).holdsOddNumber).toBe(members.some(([, digits]) => isOdd(digits)));
      const spellings = read.flatMap((each) =>
        typeof each === "string" ? [] : [rawSpelling(each.a) ?? String(each.a)],
      );
      expect(spellings).toEqual(members.map(([, digits]) => digits));
    }),
  );
});

test.each([
  ["lists within lists", (number: string) => `${"[".repeat(300)}${number}${"]".repeat(300)}`],
  ["white space without end", (number: string) => `${" ".repeat(100_000)}${number}`],
])("a number keeps its digits behind %s", (_, around) => {
  expect(JSON.stringify(parseExact(around("9007199254740993")))).toContain("9007199254740993");
});
