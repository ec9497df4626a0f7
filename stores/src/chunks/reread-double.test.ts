import fc from "fast-check";
import { expect, test } from "vitest";
import { rawJson } from "#values/exact-json.ts";
import { canonicalText, wholeOf } from "./canonical-value.ts";
import { restingDouble } from "./reread-double.ts";

/** What Qdrant's own engine was given (qdrant-edge-py 0.9.0), and what it showed then. */
const shown: readonly (readonly [number, number])[] = [
  [-217.35363471835922, -217.3536347183592],
  [48.205622474619084, 48.20562247461909],
  [1.3996620007992855, 1.3996620007992857],
  [0.062116760078013644, 0.06211676007801365],
  [-920616329415.0441, -920616329415.044],
  [14041796055315.781, 14041796055315.78],
  [-2.3317208341237606e20, -2.331720834123761e20],
  [2.515832975949657e-18, 2.5158329759496573e-18],
  [7.842798517674207e-10, 7.842798517674206e-10],
  [1.3476936980111387e223, 1.347693698011139e223],
];
const kinds = ["reread", "reread number", "reread float64"] as const;

test.each(shown)("Qdrant shows %d as %d, which is the same decimal to a comparison with it", (given, read) => {
  for (const kind of kinds) {
    expect(canonicalText(given, kind)).toBe(canonicalText(read, kind));
    expect(canonicalText([given], kind)).toBe(canonicalText([read], kind));
    expect(canonicalText({ a: given }, kind)).toBe(canonicalText({ a: read }, kind));
  }
  for (const kind of ["exact", "number", "float64"] as const)
    expect(canonicalText(given, kind)).not.toBe(canonicalText(read, kind));
});

test("decimals that a double has digits to spare for, and neighbours that Qdrant tells apart, stay apart", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -999_999_999, max: 999_999_999 }),
      fc.integer({ min: 1, max: 9 }),
      (whole, digits) => {
        const decimal = whole / 10 ** digits;
        expect(restingDouble(decimal)).toBe(decimal);
      },
    ),
  );
  const kind = "reread float64";
  expect(canonicalText(0.1 + 0.2, kind)).not.toBe(canonicalText(0.3, kind));
  expect(canonicalText(0.1, kind)).not.toBe(canonicalText(0.10000000149011612, kind));
});

test("whole numbers of 64 bits are no decimals, and more digits than a double's are told apart", () => {
  const [one, next] = ["9223372036854775807", "9223372036854775806"].map((text) =>
    canonicalText(rawJson(text), "reread"),
  );
  expect(one).not.toBe(next);
  expect(canonicalText(rawJson("0.1234567890123456789"), "reread number")).not.toBe(
    canonicalText(rawJson("0.12345678901234568"), "reread number"),
  );
  expect(canonicalText(rawJson("2024.0"), "reread")).not.toBe(canonicalText(2024, "reread"));
  expect(canonicalText(rawJson("2024.0"), "reread number")).toBe(canonicalText(2024, "reread number"));
  expect(canonicalText(rawJson("-4.6697334221942464e+16"), "reread float64")).toBe(
    canonicalText(-46697334221942460, "reread float64"),
  );
});

test("a decimal that a double holds goes to a payload without zeros behind it", () => {
  expect(JSON.stringify([wholeOf(rawJson("0.84147098480789650")), wholeOf(rawJson("0.12345678901234567890"))])).toBe(
    "[0.8414709848078965,0.12345678901234567890]",
  );
});
