import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExact } from "./exact-json.ts";
import { holdsNul, isSameValue } from "./same-value.ts";

test.each([
  ["12", "12.00", true],
  ["1e3", "1000", true],
  ["-0.0", "0", true],
  ["9007199254740993", "9007199254740992", false],
  ["0.1", "0.10000000000000001", false],
  ['"12"', "12", false],
  ['"true"', "true", false],
  ['"2026-01-31T12:00:00.5+00:00"', '"2026-01-31T12:00:00.500Z"', true],
  ["[1,2]", "[2,1]", false],
  ["[]", "{}", false],
  ["[]", "null", false],
  ['{"a":null,"b":1.0}', '{"b":1}', true],
])("%s and %s mean the same: %s", (a, b, expected) => {
  expect(isSameValue(parseExact(a), parseExact(b))).toBe(expected);
});

test("a value means the same as itself, however its members are ordered, and NUL is found wherever it stands", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const text = JSON.stringify(value);
      let hasNul = false;
      JSON.parse(text, (key, member: unknown) => {
        hasNul ||= key.includes("\0") || (typeof member === "string" && member.includes("\0"));
        return member;
      });
      expect(isSameValue(parseExact(text), JSON.parse(text))).toBe(true);
      expect(holdsNul(parseExact(text))).toBe(hasNul);
    }),
  );
});
