// Which columns are vectors.
import { errorsOf } from "#errors.ts";
import { maxDimension } from "#ports/backend.ts";
import { isBefore } from "./session-settings.ts";
import type { Column } from "./table-catalogue.ts";

const missing = errorsOf("RETR_BACKEND_MISSING");

export type VectorType = "vector" | "halfvec" | "bit";

/** What a column of vectors is searched as. Throws RETR_BACKEND_MISSING for any other, and for bits where pgvector has none. */
export function vectorTypeOf(
  { name, type, modifier }: Pick<Column, "name" | "type" | "modifier">,
  version: string,
): VectorType {
  if (type === "bit" && isBefore(version, 7)) {
    throw missing(`${name}: columns of bits need pgvector 0.7.0, the database has ${version}`);
  }
  if (type === "bit" && modifier > maxDimension) {
    throw missing(
      `${name}: expected a column of at most ${maxDimension} bits, as no request has more numbers, it is bit(${modifier})`,
    );
  }
  if (type === "vector" || type === "halfvec" || type === "bit") return type;
  throw missing(`${name}: expected a column of type vector, halfvec or bit, it is ${type}`);
}
