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

/** The form of a JSON value; null for what is no number. */
export function epochFormOf(value: unknown): EpochForm | null {
  const number = numberOf(value);
  return Number.isNaN(number) ? null : { unit: epochUnitOf(number), isWhole: Number.isInteger(number) };
}

/** Of values that are all numbers; null otherwise, and for none. */
export function epochFormOfAll(values: readonly unknown[]): EpochForm | null {
  const forms = values.map(epochFormOf);
  const [first = null] = forms;
  if (first === null || !forms.every((form) => form !== null)) return null;
  return { unit: first.unit, isWhole: forms.every(({ isWhole }) => isWhole) };
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
