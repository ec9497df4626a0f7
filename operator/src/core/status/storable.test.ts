import fc from "fast-check";
import { expect, it } from "vitest";
import { storable } from "./storable.ts";

const wellFormed = (_key: string, value: unknown) => (typeof value === "string" ? value.toWellFormed() : value);

it("a value with halves of characters has another in their place, and one without is left as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), fc.string({ unit: "binary" }), (value, text) => {
      const both = { value, list: [text, `${text}\ud83d`] };
      const stored = storable(both);
      expect(JSON.stringify(stored)).toBe(JSON.stringify(both, wellFormed));
      expect(storable(stored)).toBe(stored);
    }),
  );
  const whole = { a: ["😀", { b: 1 }] };
  const half = { whole, a: ["x\ud83d", 1] };
  expect(storable(half)).toEqual({ whole, a: ["x\ufffd", 1] });
  expect(storable(half).whole).toBe(whole);
});
