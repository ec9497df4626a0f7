import { expect, test } from "vitest";
import { parseExact } from "#values/exact-json.ts";
import type { Column } from "../client/table-catalogue.ts";
import { encoderOf } from "./binary-values.ts";

/** As the catalogue has it: precision and scale in one number, four more. */
const numeric = (precision: number, scale: number): Column =>
  ({ name: "n", type: "numeric", modifier: ((precision << 16) | (scale & 0x7ff)) + 4 }) as Column;

test("a number is given to COPY only where its column keeps every digit", () => {
  expect(encoderOf(numeric(5, 2))(12.34)).toBeInstanceOf(Buffer);
  expect(encoderOf(numeric(5, 2))(12.345)).toBeNull();
  // Such a column rounds to hundreds.
  expect(encoderOf(numeric(3, -2))(1234)).toBeNull();
  expect(encoderOf(numeric(3, -2))(1200)).toBeNull();
});

test("a number that a float would hold as zero, or not at all, isn't given to COPY", () => {
  const given = (type: string, text: string): boolean =>
    encoderOf({ type, modifier: -1 })(parseExact(text)) instanceof Buffer;
  for (const text of ["1e-50", "-0.1e-60", "1e39", "0.0000000000000000000000000000000000000000000000000001"])
    expect([text, given("float4", text), given("float8", text)]).toEqual([text, false, true]);
  for (const text of ["1e-400", "-1E400"]) expect([text, given("float8", text)]).toEqual([text, false]);
  for (const text of ["0", "-0.0", "0e5", "1e-45", "0.1"]) expect([text, given("float4", text)]).toEqual([text, true]);
});
