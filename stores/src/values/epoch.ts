// Moments as numbers since 1970, in the unit in which their neighbours are.
import { numberOf, rawJson } from "./exact-json.ts";
import { epochMs, exactTime } from "./time.ts";

export type EpochUnit = "second" | "millisecond" | "microsecond";
/** How the numbers of a place are written. */
export type EpochForm = { readonly unit: EpochUnit; readonly isWhole: boolean };

const microseconds: Readonly<Record<EpochUnit, bigint>> = { second: 1_000_000n, millisecond: 1000n, microsecond: 1n };

/** Of a number, as `epochMs` reads it. */
export function epochUnitOf(value: number): EpochUnit {
  const size = Math.abs(value);
  return size < 1e11 ? "second" : size < 1e14 ? "millisecond" : "microsecond";
}

/** What numbers say of it: null where there are none, `unclear` where none shows its unit, or they don't agree. */
export type EpochWriting = EpochForm | "unclear" | null;

/** 1973 in seconds: a smaller number, above all a 0, may be of any unit. */
const leastShown = 1e8;

/** What a JSON value says of it. */
export function epochFormOf(value: unknown): EpochWriting {
  const number = numberOf(value);
  if (Number.isNaN(number)) return null;
  if (!(Math.abs(number) >= leastShown)) return "unclear";
  return { unit: epochUnitOf(number), isWhole: Number.isInteger(number) };
}

/** What several say of it, those that are absent apart. Numbers beside texts don't agree. */
export function epochFormOfAll(values: readonly unknown[]): EpochWriting {
  const forms = values.filter((value) => value !== undefined && value !== null).map(epochFormOf);
  if (forms.every((form) => form === null)) return null;
  if (forms.includes(null)) return "unclear";
  const shown = forms.filter((form) => form !== null && form !== "unclear");
  const [first] = shown;
  if (first === undefined || shown.some(({ unit }) => unit !== first.unit)) return "unclear";
  return { unit: first.unit, isWhole: shown.every(({ isWhole }) => isWhole) };
}

/** Why a moment isn't written among such numbers. */
export const unclearUnit =
  "the numbers that stand there don't show whether moments are seconds, milliseconds or microseconds; let the application write the chunk";

/** What a whole number of this form holds and nothing finer; null where that isn't known. */
export function wholeUnitOf(form: EpochWriting): EpochUnit | null {
  return form !== null && form !== "unclear" && form.isWhole ? form.unit : null;
}

/** ISO 8601 in UTC, as `exactTime` prints it, of a text or of such a number; null for no moment. */
export function exactTimeOf(value: unknown): string | null {
  if (typeof value === "string") return exactTime(value);
  const ms = epochMs(numberOf(value));
  const whole = Math.floor(ms);
  if (!(Math.abs(whole) <= 8.64e15)) return null;
  const finer = String(Math.round((ms - whole) * 1000)).padStart(3, "0");
  return exactTime(`${new Date(whole).toISOString().slice(0, -1)}${finer}Z`);
}

/** JSON of the number that a moment is in this form, cut to it; null where that would be read as another moment. */
export function epochNumber(text: string, { unit, isWhole }: EpochForm): unknown {
  const exact = exactTime(text);
  if (exact === null) return null;
  const digits = /\.\d{3}(\d{0,3})\d*Z$/.exec(exact)?.[1] ?? "";
  const all = BigInt(Date.parse(exact)) * 1000n + BigInt(digits.padEnd(3, "0"));
  const spelled = isWhole ? String(floorOf(all, microseconds[unit])) : fractionOf(all, microseconds[unit]);
  return epochUnitOf(Number(spelled)) === unit ? rawJson(spelled) : null;
}

function floorOf(value: bigint, by: bigint): bigint {
  return value / by - (value % by < 0n ? 1n : 0n);
}

function fractionOf(value: bigint, by: bigint): string {
  const size = value < 0n ? -value : value;
  const rest = String(size % by)
    .padStart(String(by).length - 1, "0")
    .replace(/0{1,6}$/, "");
  const text = `${size / by}${rest === "" || by === 1n ? "" : `.${rest}`}`;
  return value < 0n ? `-${text}` : text;
}
