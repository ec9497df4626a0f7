// Whether two JSON values, each with its numbers in their own spelling, mean the same. Nothing is rounded on the way.
import { readMoment } from "./time.ts";

/** Whether two texts that differ mean the same. */
type MeansSame = (a: string, b: string) => boolean;

/** Numbers by their value to the last digit, moments by the microsecond, null as absent; types are told apart. */
export function isSameValue(a: unknown, b: unknown, meansSame: MeansSame = isSameMoment): boolean {
  const [left, right] = [a ?? null, b ?? null];
  if (left === null || right === null) return left === right;
  const [digits, others] = [decimalOf(left), decimalOf(right)];
  if (digits !== null || others !== null) return digits === others;
  if (typeof left !== "object" || typeof right !== "object")
    return left === right || isSameText(left, right, meansSame);
  return Array.isArray(left) === Array.isArray(right) && isSameMembers(left as Members, right as Members, meansSame);
}

function isSameText(a: unknown, b: unknown, meansSame: MeansSame): boolean {
  return typeof a === "string" && typeof b === "string" && meansSame(a, b);
}

type Members = Readonly<Record<string, unknown>>;

function isSameMembers(a: Members, b: Members, meansSame: MeansSame): boolean {
  const isWhole = !Array.isArray(a) || a.length === (b as unknown as readonly unknown[]).length;
  return (
    isWhole &&
    [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => isSameValue(a[key], b[key], meansSame))
  );
}

function isSameMoment(a: string, b: string): boolean {
  return readMoment(a) === readMoment(b);
}

/** A number as its digits and exponent, one text for one value; null for what is no number. */
function decimalOf(value: unknown): string | null {
  const text = numberText(value);
  const match = text === null ? null : /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const short = digits.replace(/0+$/, "");
  if (short === "") return "0";
  return `${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}`;
}

/** A number as JSON spells it, raw or not; null for what is no number. */
export function numberText(value: unknown): string | null {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const isRaw = typeof value === "object" && value !== null && "rawJSON" in value && Object.isFrozen(value);
  return isRaw && typeof value.rawJSON === "string" && /^-?\d/.test(value.rawJSON) ? value.rawJSON : null;
}

/** Whether any text in a value, members' names included, holds the character NUL. */
export function holdsNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\0");
  if (typeof value !== "object" || value === null || numberText(value) !== null) return false;
  return Object.entries(value).some(([key, member]) => key.includes("\0") || holdsNul(member));
}
