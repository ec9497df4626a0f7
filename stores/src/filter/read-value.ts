// Values of a request's filter, read as what their field holds. Numbers keep all 64 bits.
import type { FieldType } from "#config/filterable.ts";
import type { FilterValue } from "#ports/filter.ts";
import { numberOf, rawSpelling } from "#values/exact-json.ts";
import { readMoment } from "./moment.ts";

const maxTextChars = 1024;
const [smallest, largest] = [-(2n ** 63n), 2n ** 63n - 1n];

type Reader = { readonly expected: string; readonly read: (value: unknown) => FilterValue | undefined };

const readers: Readonly<Record<FieldType, Reader>> = {
  keyword: { expected: `a text of at most ${maxTextChars} characters`, read: readText },
  integer: { expected: "an integer within 64 bits", read: readInteger },
  float: { expected: "a number", read: readFloat },
  boolean: { expected: "true or false", read: (value) => (typeof value === "boolean" ? value : undefined) },
  moment: {
    expected: "a moment like 2026-01-31, 2026-01-31T12:00:00Z or 2026-01-31T12:00:00.5+02:00",
    read: (value) => (typeof value === "string" ? readMoment(value) : undefined),
  },
};

/** The value; undefined: it is none of this type. Numbers come as `exact-json.ts` parses them. */
export function readValue(type: FieldType, value: unknown): FilterValue | undefined {
  return readers[type].read(value);
}

/** What a value of the type is, for a refusal. */
export function expectedOf(type: FieldType): string {
  return readers[type].expected;
}

/** A lone half of a surrogate pair has no place in UTF-8: it would reach a store as another text. */
function readText(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= maxTextChars && value.isWellFormed() ? value : undefined;
}

/** `10.0` and `1e3` are integers; beyond 2^53 only digits say which one is meant. */
export function readInteger(value: unknown): bigint | undefined {
  const spelling = rawSpelling(value) ?? (typeof value === "number" ? String(value) : "");
  if (/^-?\d{1,19}$/.test(spelling)) {
    const integer = BigInt(spelling);
    return integer < smallest || integer > largest ? undefined : integer;
  }
  const number = numberOf(value);
  return Number.isSafeInteger(number) ? BigInt(number) : undefined;
}

function readFloat(value: unknown): number | undefined {
  const number = numberOf(value);
  return Number.isFinite(number) ? number : undefined;
}
