// Parsing and printing as Qdrant does: nothing that JSON can say is lost, and numbers come out in its digits.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson, printJson } from "./json.ts";
import { printDouble, printFloat32 } from "./print-number.ts";

describe("parseJson and printJson", () => {
  it("lose nothing: what is printed reads as the same JavaScript value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(printJson(parseJson(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("refuse exactly what JavaScript's parser refuses, among damaged documents", () => {
    const damaged = fc.tuple(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom("", ",", "}", "]", '"', "0", "-", ".", "e", " "),
    );
    fc.assert(
      fc.property(damaged, ([text, at, inserted]) => {
        const place = at % (text.length + 1);
        const spoilt = text.slice(0, place) + inserted + text.slice(place + (inserted === "" ? 1 : 0));
        expect(isAccepted(spoilt, parseJson)).toBe(isAccepted(spoilt, parseFinite));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["18446744073709551615", "18446744073709551615"],
    ["9007199254740993", "9007199254740993"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["18446744073709551616", "1.8446744073709552e+19"],
    ["1.0", "1.0"],
    ["1e2", "100.0"],
    ["-0", "-0.0"],
    ['["8a01379f-0d6b", -0]', '["8a01379f-0d6b",-0.0]'],
    ["[1, 2.50]", "[1,2.5]"],
    ['{"a":7E3,"b":[-0.0,1e-7,0.1]}', '{"a":7000.0,"b":[-0.0,1e-7,0.1]}'],
    ['"\\u00e4\\n"', '"ä\\n"'],
  ])("print %s as %s", (text, printed) => {
    expect(printJson(parseJson(text))).toBe(printed);
  });
});

/** Unlike JavaScript's parser, Qdrant's takes no number beyond a double. */
function parseFinite(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    if (value === Infinity || value === -Infinity) throw new RangeError("out of range");
    return value;
  });
}

function isAccepted(text: string, parse: (text: string) => unknown): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("printFloat32", () => {
  it("gives digits that read back as the same float32, and no fewer digits would", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const printed = printFloat32(value);
        expect(Math.fround(Number(printed))).toBe(value);
        const digits = printed.replace(/e.*/, "").replace(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "").length;
        const shorter = digits > 1 ? Number(value.toPrecision(digits - 1)) : Number.NaN;
        expect(Math.fround(shorter)).not.toBe(value);
      }),
    );
  });

  it.each([
    [1, "1.0"],
    [-0, "-0.0"],
    [16_777_216, "16777216.0"],
    [123_456_789, "123456790.0"],
    [1e12, "1000000000000.0"],
    [1e13, "1e+13"],
    [1e-6, "0.000001"],
    [1e-7, "1e-7"],
    [3.4028234663852886e38, "3.4028235e+38"],
    [0.268226147, "0.26822615"],
    [Number.NaN, "null"],
    [1e39, "null"],
  ])("prints %d as %s", (value, printed) => {
    expect(printFloat32(value)).toBe(printed);
  });
});

describe("printDouble", () => {
  it.each([
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [1e-5, "0.00001"],
    [1e-6, "1e-6"],
    [0.1, "0.1"],
    [-2.5e-9, "-2.5e-9"],
  ])("prints %d as %s", (value, printed) => {
    expect(printDouble(value)).toBe(printed);
  });
});
