import { expect, test } from "vitest";
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
