// The double at which a decimal comes to rest in a store that reads JSON to within a double's last step: Qdrant's parser
// takes the digits times a power of ten, which rounds twice. Such a store reads a number when it is sent, and again each time
// that it shows or moves it, so that it shows a neighbour of what it was given (of every tenth double of 17 digits), and later
// perhaps the next one. All of these rest at the same double, and doubles that it tells apart rest at different ones. Pure.

/** A double has its last step in the 16th or 17th digit; powers of ten are exact as far as this one. */
const [exactDigits, exactExponent] = [15, 22];
/** Nearly all rest after one or two readings. Of those below 1e-7 a few never do: they are told apart by so many digits. */
const mostReadings = 64;
const restlessDigits = 12;

export function restingDouble(given: number): number {
  let double = given;
  for (let reading = 0; reading < mostReadings; reading += 1) {
    const next = readOnce(shown(double));
    if (next === double) return double;
    double = next;
  }
  return Number(given.toPrecision(restlessDigits));
}

/** As such a store prints it: a whole one with a point, as long as it has no exponent. */
function shown(double: number): string {
  if (Math.abs(double) >= 1e16) return double.toExponential();
  return Number.isInteger(double) ? `${double}.0` : String(double);
}

function readOnce(decimal: string): number {
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(decimal) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+(?=\d)/, "");
  const exponent = Number(exponentText) - fraction.length;
  const isExact = digits.length <= exactDigits && Math.abs(exponent) <= exactExponent;
  const size = isExact ? Number(`${digits}e${exponent}`) : scaled(Number(digits), exponent);
  return sign === "" ? size : -size;
}

/** Rounded with each step. */
function scaled(digits: number, exponent: number): number {
  if (exponent >= 0) return digits * Number(`1e${exponent}`);
  return exponent < -308 ? digits / 1e308 / Number(`1e${-exponent - 308}`) : digits / Number(`1e${-exponent}`);
}
