// A namespace, which is text as it is asked for, against a column of whatever type: one that the column can't hold is in no
// row, and no error.
import type { FieldPath } from "#config/chunk-fields.ts";
import { isColumn, textAt } from "../client/field-sql.ts";

export type Condition = { readonly text: (parameter: string) => string; readonly value: string };
type Reading = { readonly type: string | undefined; readonly isRaw: boolean };

/** Types that are compared as themselves, so that an index serves: what the parameter is cast to, and texts that the cast takes. */
const own: Readonly<Record<string, { readonly cast: string; readonly takes: (text: string) => boolean }>> = {
  text: { cast: "", takes: () => true },
  varchar: { cast: "", takes: () => true },
  bpchar: { cast: "", takes: () => true },
  int2: { cast: "::int8", takes: isInteger },
  int4: { cast: "::int8", takes: isInteger },
  int8: { cast: "::int8", takes: isInteger },
  numeric: { cast: "::numeric", takes: (text) => /^-?\d{1,1000}(\.\d{1,1000})?$/.test(text) },
  uuid: { cast: "::uuid", takes: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) },
};

/** Rows of the namespace. Of other types as Postgres prints them, which is the namespace that a verification reports. */
export function inNamespace(path: FieldPath, { type, isRaw }: Reading, namespace: string): Condition {
  const place = textAt(path, { isRaw });
  const isText = !isColumn(path);
  const compared = isText ? { cast: "", takes: () => true } : own[type ?? ""];
  // What numeric holds that is no number; a server before 14 takes no infinite one.
  const isSpelled = type === "numeric" && !isText && /^(NaN|-?Infinity)$/.test(namespace);
  if (isSpelled) return { text: (parameter) => `${place}::text = ${parameter}`, value: namespace };
  // No text of Postgres holds a NUL.
  if (namespace.includes("\0") || compared?.takes(namespace) === false)
    return { text: (parameter) => `${parameter}::text IS NULL`, value: "" };
  if (compared === undefined) return { text: (parameter) => `${place}::text = ${parameter}`, value: namespace };
  return { text: (parameter) => `${place} = ${parameter}${compared.cast}`, value: namespace };
}

function isInteger(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
