import fc from "fast-check";
import { expect, test } from "vitest";
import { isIntricate, surveyJson } from "./intricate-json.ts";

test("what applications keep in a store isn't too intricate, whatever stands in its strings", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => !isIntricate(JSON.stringify(value))));
  fc.assert(
    fc.property(fc.array(fc.constantFrom("[", "{", ",", '"', "\\", "]", "a")), (marks) => {
      expect(isIntricate(JSON.stringify({ text: marks.join("").repeat(50_000) }))).toBe(false);
    }),
    { numRuns: 20 },
  );
});

test("a pass over text finds what it holds outside its strings alone", () => {
  expect(surveyJson('{"a":"1.0, [[[ \\" -0","b":12}')).toEqual({ isIntricate: false, holdsOddNumber: false });
  expect(surveyJson('{"a":[1,2,3]}', 3)).toEqual({ isIntricate: true, holdsOddNumber: true });
  expect(surveyJson('{"a":[1,2]}', 3)).toEqual({ isIntricate: false, holdsOddNumber: false });
});

test("a long string ends where the parser ends it, wherever its quotes and backslashes stand", () => {
  // Around the length behind which strings are passed over in another way.
  const plain = fc.integer({ min: 500, max: 520 }).map((length) => "a".repeat(length));
  const piece = fc.oneof(plain, fc.constantFrom('"', "\\", "\\\\", '\\"', "é", "\u{1f600}", "\n"));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = JSON.stringify(pieces.join(""));
      expect(surveyJson(`[${text},1.0]`)).toEqual({ isIntricate: false, holdsOddNumber: true });
      expect(surveyJson(`[${text},"1.0"]`)).toEqual({ isIntricate: false, holdsOddNumber: false });
      expect(surveyJson(`[${text},[[[`, 3)).toEqual({ isIntricate: true, holdsOddNumber: true });
      expect(surveyJson(text.slice(0, -1))).toEqual({ isIntricate: false, holdsOddNumber: false });
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["a list in a list, thousands of times", `${"[".repeat(5000)}1${"]".repeat(5000)}`],
  ["objects in objects behind a text with quotes", `{"a":"\\"","b":${'{"a":'.repeat(300)}1${"}".repeat(300)}}`],
  ["a million empty points", `{"result":{"points":[${'{"id":1},'.repeat(1_000_000)}{}]}}`],
  ["a number of a million digits", `{"a":1.${"0".repeat(1_000_000)}1}`],
  ["a million spaces between two values", `{"a":1,${" ".repeat(1_000_000)}"b":2}`],
])("%s is", (_, text) => {
  expect(isIntricate(text)).toBe(true);
});
