// JSON whose numbers keep the spelling they came in: 64-bit ids and `1.0` pass through unchanged.

import { type JsonSurvey, surveyJson } from "./intricate-json.ts";

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
// Both belong to the language; the library of types that is in force is older.
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  readonly parse: (text: string, reviver?: Reviver) => unknown;
  readonly rawJSON: (text: string) => unknown;
  readonly isRawJSON: (value: unknown) => value is { readonly rawJSON: string };
};

/** Parses; a number that would print differently stays raw JSON, which `JSON.stringify` prints as it came. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  return parseSurveyed(text, surveyJson(text, Number.POSITIVE_INFINITY));
}

/** The same of text that was looked through. A reviver costs ten times as much as parsing without one. */
export function parseSurveyed(text: string, { holdsOddNumber }: JsonSurvey): unknown {
  if (!holdsOddNumber) return parse(text);
  return parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source ? rawJSON(source) : value,
  );
}

/** How a number that `parseExact` kept raw is spelled; undefined for anything else. */
export function rawSpelling(value: unknown): string | undefined {
  return isRawJSON(value) ? value.rawJSON : undefined;
}

/** The number of a member, raw or not; NaN for anything else. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  const isRaw = typeof value === "object" && value !== null && "rawJSON" in value;
  return isRaw ? Number(value.rawJSON) : Number.NaN;
}

/** JSON that `JSON.stringify` prints as it is. Throws SyntaxError for anything but a string, number, boolean or null. */
export function rawJson(text: string): unknown {
  return rawJSON(text);
}

/** A vector's numbers for `JSON.stringify`, which would lose the sign of zero. */
export function exactNumbers(vector: Float32Array): unknown[] {
  return Array.from(vector, (value) => (Object.is(value, -0) ? rawJSON("-0.0") : value));
}
