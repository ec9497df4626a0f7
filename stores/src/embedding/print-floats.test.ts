import fc from "fast-check";
import { expect, test } from "vitest";
import { printFloats } from "./print-floats.ts";

/** Every finite float32 by its bits, those between 1e-9 and 1 as often as all others. */
const floats = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 0x7f7f_ffff }), fc.integer({ min: 0x3089_705f, max: 0x3f80_0001 })),
    fc.boolean(),
  )
  .map(([bits, isNegative]) => (isNegative ? -1 : 1) * (new Float32Array(Uint32Array.of(bits).buffer)[0] as number));

function readBack(values: Float32Array): Float32Array {
  return Float32Array.from(JSON.parse(printFloats(values).toString("latin1")) as number[]);
}

test("every finite float32 reads back as itself", () => {
  fc.assert(
    fc.property(fc.array(floats, { minLength: 1, maxLength: 50 }), (list) => {
      const values = Float32Array.from(list, (value) => value + 0);
      expect(readBack(values)).toEqual(values);
    }),
    { numRuns: 5000 },
  );
});

test("numbers beside each power of ten, where nine digits become ten, read back as themselves", () => {
  const tens = Array.from({ length: 12 }, (_, power) => Math.fround(10 ** -power));
  const [words] = [new Int32Array(Float32Array.from(tens).buffer)];
  const beside = [-2, -1, 0, 1, 2].flatMap((step) => [...new Float32Array(words.map((word) => word + step).buffer)]);
  const values = Float32Array.from(beside);
  expect(readBack(values)).toEqual(values);
});

test("an embedding's usual numbers take no more than nine digits and their zeros", () => {
  expect(printFloats(Float32Array.of(0.1, -0.25, 0.001, 0, 1, -3.5)).toString()).toBe(
    "[0.100000001,-0.250000000,0.00100000005,0,1,-3.5]",
  );
});
