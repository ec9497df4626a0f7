// A request's filter as the stores get it: checked, and typed by what the base declares. docs/filters.md says what it means.
import type { Field } from "#config/filterable.ts";

/** Levels of `and`, `or` and `not` around a condition. */
export const maxFilterDepth = 16;
/** Operators and values together. */
export const maxFilterParts = 1024;

/**
 * A value of its field's type: text of a keyword, bigint within 64 bits of an integer, a finite number of a float, and of
 * a moment ISO 8601 in UTC with six digits of a second, between the years 1 and 9999.
 */
export type FilterValue = string | bigint | number | boolean;

/** One lower and one upper bound, at least one of them. */
export type Bounds = {
  readonly gt?: FilterValue;
  readonly gte?: FilterValue;
  readonly lt?: FilterValue;
  readonly lte?: FilterValue;
};

/** What one field has to hold. A list passes when one of its elements does. */
export type Condition =
  /** One of the values; none passes an empty list. */
  | { readonly op: "in"; readonly field: Field; readonly values: readonly FilterValue[] }
  | { readonly op: "range"; readonly field: Field; readonly bounds: Bounds }
  /** There, and neither null nor an empty list. */
  | { readonly op: "exists"; readonly field: Field };

/** Passes or doesn't: nothing is unknown, so `not` passes whatever its filter doesn't. */
export type Filter =
  | Condition
  | { readonly op: "and" | "or"; readonly of: readonly Filter[] }
  | { readonly op: "not"; readonly of: Filter };
