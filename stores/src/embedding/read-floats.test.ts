import fc from "fast-check";
import { expect, test } from "vitest";
import { readFloats } from "./read-floats.ts";
import { scanNumberArray } from "./scan-numbers.ts";

const anyDigit = fc.constantFrom("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
const leadingDigit = anyDigit.filter((digit) => digit !== "0");
const digits = (maxLength: number) => fc.string({ unit: anyDigit, minLength: 1, maxLength });
const integers = fc.oneof(fc.constant("0"), fc.tuple(leadingDigit, fc.string({ unit: anyDigit, maxLength: 60 })));
/** Any spelling of a number that the grammar allows. */
const spellings = fc
  .tuple(
    fc.constantFrom("", "-"),
    integers.map((parts) => (typeof parts === "string" ? parts : parts.join(""))),
    fc.oneof(
      fc.constant(""),
      digits(50).map((text) => `.${text}`),
    ),
    fc.oneof(
      fc.constant(""),
      fc.tuple(fc.constantFrom("e", "E", "e+", "E-", "e-"), digits(3)).map((parts) => parts.join("")),
    ),
  )
  .map((parts) => parts.join(""));
/** A float32 and its neighbourhood, halves between two of them included: where rounding is hard. */
const hard = fc
  .tuple(fc.integer({ min: 0, max: 0x7f7f_fffe }), fc.constantFrom(0, 0.25, 0.5, 0.5 + 2 ** -20, 0.75), fc.boolean())
  .map(([bits, share, isNegative]) => {
    const [low, high] = new Float32Array(Uint32Array.of(bits, bits + 1).buffer);
    const value = (low ?? 0) + ((high ?? 0) - (low ?? 0)) * share;
    return isNegative ? -value : value;
  });
const printed = fc.oneof(
  hard.map((value) => JSON.stringify(value)),
  hard.map((value) => value.toFixed(60)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  hard.map((value) => value.toPrecision(21)),
);
const gaps = fc.constantFrom("", " ", "\n\t ");

function bitsOf(values: Iterable<number>): number[] {
  return [...new Uint32Array(Float32Array.from(values).buffer)];
}

/** As many numbers as `texts` that are within float32, the others left to the scanner. */
function read(texts: readonly string[], gap: string): { readonly body: string; readonly floats: Float32Array } {
  const within = texts.filter((text) => Number.isFinite(Math.fround(Number(text))));
  const body = `[${gap}${within.join(`${gap},${gap}`)}${gap}]`;
  const bytes = Buffer.from(body);
  const floats = new Float32Array(scanNumberArray(bytes, 0).count);
  readFloats(bytes, floats);
  return { body, floats };
}

test("any spelling of a number is bit by bit the float32 that JSON.parse and Math.fround make of it", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(spellings, printed), { maxLength: 20 }), gaps, (texts, gap) => {
      const { body, floats } = read(texts, gap);
      expect(bitsOf(floats)).toEqual(bitsOf((JSON.parse(body) as number[]).map(Math.fround)));
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ["zeros of both signs", ["0", "-0", "-0.0", "0e9", "-0E-9", "0.000"]],
  [
    "the smallest float32, half of it, and a hair more",
    ["1.401298464324817e-45", "7.006492321624085e-46", "7.0065e-46"],
  ],
  ["halves between two neighbours", ["16777217", "16777219", "1.00000005960464477539", "1.000000059604644775390625"]],
  [
    "a hair over and under a half, beyond the digits that are kept",
    ["1.0000000596046447753906250000001", "16777216.99999999999999999"],
  ],
  ["more digits than a double holds", [`0.${"3".repeat(400)}`, `${"1".repeat(38)}.5`, `0.${"0".repeat(60)}1`]],
])("%s are read as JSON.parse reads them", (_, texts) => {
  const { floats } = read(texts, "");
  expect(bitsOf(floats)).toEqual(bitsOf(texts.map((text) => Math.fround(Number(text)))));
});
