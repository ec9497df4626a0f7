// JSON as Qdrant keeps it: 64-bit integers stay exact and `1.0` stays a fraction, which JavaScript's own numbers lose.
// Numbers are plain numbers wherever that loses nothing.
import { printDouble } from "./print-number.ts";

/** A number written with a point or exponent (or beyond 64 bits) whose value is whole, `-0.0` included. */
interface RawNumber {
  readonly rawJSON: string;
}
export type JsonObject = { readonly [name: string]: Json };
export type Json = null | boolean | string | number | bigint | RawNumber | readonly Json[] | JsonObject;

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
// These belong to the language; the library of types that is in force is older.
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  readonly parse: (text: string, reviver?: Reviver) => Json;
  readonly rawJSON: (text: string) => RawNumber;
  readonly isRawJSON: (value: unknown) => value is RawNumber;
};

const smallestInteger = -(2n ** 63n);
const largestInteger = 2n ** 64n - 1n;

/** Where a number may stand that a plain one doesn't keep. A match inside a string only costs time. */
const mayLose = /(?:^|[[,:\s])(?:-0(?![.\d])|-?(?:\d{16}|\d+\.0+(?!\d)|\d+(?:\.\d+)?[eE]\+?\d))/;

/** Parses one document. Throws SyntaxError. A reviver makes parsing ten times slower, so vectors mostly go without. */
export function parseJson(text: string): Json {
  if (!mayLose.test(text)) return parse(text);
  return parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined ? exactOf(value, source) : value,
  );
}

function exactOf(value: number, source: string): Json {
  if (!Number.isFinite(value)) throw new SyntaxError("number out of range");
  if (!Number.isInteger(value)) return value;
  if (!/^-?\d+$/.test(source) || Object.is(value, -0)) return rawJSON(printDouble(value));
  if (Number.isSafeInteger(value)) return value;
  const exact = BigInt(source);
  return exact < smallestInteger || exact > largestInteger ? rawJSON(printDouble(value)) : exact;
}

/** As one stays that was written with a point. */
export function doubleOf(value: number): Json {
  return Number.isInteger(value) ? rawJSON(printDouble(value)) : value;
}

/** Prints a value as it was read. */
export function printJson(value: Json): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === "bigint") return rawJSON(String(member));
    return typeof member === "number" && !Number.isInteger(member) ? rawJSON(printDouble(member)) : member;
  });
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawJSON(value);
}

/** Whether the value is one of the 64-bit integers. */
export function isInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** The value as a double; undefined when it isn't a number. */
export function toDouble(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  return isRawJSON(value) ? Number(value.rawJSON) : undefined;
}
