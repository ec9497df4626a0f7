// Qdrant's way of printing fractions: the fewest digits that read back the same, and a point even where they are whole.
// A float32 and a double differ in digits and in where exponents begin.

type Style = { readonly mostBefore: number; readonly mostZeros: number };
const doubleStyle: Style = { mostBefore: 16, mostZeros: 4 };
const float32Style: Style = { mostBefore: 13, mostZeros: 5 };

/** A double as Qdrant prints it; `null` when it isn't finite. */
export function printDouble(value: number): string {
  return Number.isFinite(value) ? layOut(value, doubleStyle) : "null";
}

/** The float32 nearest to the value as Qdrant prints it; `null` when it isn't finite. */
export function printFloat32(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return "null";
  if (single === 0) return layOut(single, float32Style);
  for (let digits = 1; digits < 9; digits += 1) {
    const candidate = Number(single.toPrecision(digits));
    if (Math.fround(candidate) === single) return layOut(candidate, float32Style);
  }
  return layOut(Number(single.toPrecision(9)), float32Style);
}

/** `pointAt` is where the decimal point stands, counted from the first digit. */
function layOut(value: number, style: Style): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  const pointAt = exponent + 1;
  return (value < 0 ? "-" : "") + layOutDigits(digits, pointAt, style);
}

function layOutDigits(digits: string, pointAt: number, { mostBefore, mostZeros }: Style): string {
  if (pointAt > mostBefore || pointAt < -mostZeros) {
    const exponent = pointAt - 1;
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${digits[0]}${fraction}e${exponent > 0 ? "+" : ""}${exponent}`;
  }
  if (pointAt <= 0) return `0.${"0".repeat(-pointAt)}${digits}`;
  if (pointAt >= digits.length) return `${digits.padEnd(pointAt, "0")}.0`;
  return `${digits.slice(0, pointAt)}.${digits.slice(pointAt)}`;
}
