// Which declared fields a table can't be filtered by, and which of them no index serves.
import { type Field, type Filterable, fieldsOf, type PlaceOf } from "#config/filterable.ts";
import type { FieldFindings } from "#filter/findings.ts";
import type { Column, Columns } from "./columns.ts";
import { comparandOf, isContainable, ownElement } from "./comparand.ts";
import { faultOfField } from "./filter-sql.ts";

/** `inView`: names of the fields that an index serves, where the table is a view. */
export function checkFields(
  filterable: Filterable,
  columns: Columns,
  placeOf: PlaceOf,
  inView: ReadonlySet<string> = new Set(),
): FieldFindings {
  const fields = fieldsOf(filterable);
  return {
    filterFaults: fields.flatMap((field) => {
      const fault = faultOfField(field, { columns, placeOf });
      return fault === undefined ? [] : [`${field.name}: ${fault}`];
    }),
    unindexed: fields.flatMap((field) => {
      const column = columns.get(placeOf(field.name)[0]);
      return column === undefined || inView.has(field.name) || isServed(field, column) ? [] : [field.name];
    }),
  };
}

/** By an index that knows what the conditions ask: containment, equality or an order. */
function isServed({ type }: Field, column: Column): boolean {
  const { type: held, isArray } = column;
  const indexes = column.indexes ?? [];
  if (!isArray && held === "jsonb") return isContainable(type) && indexes.includes("gin");
  const comparand = comparandOf(type, column, "");
  if (comparand === undefined || comparand.index === null) return false;
  if (isArray) return ownElement(column, comparand) !== undefined && indexes.includes("gin");
  return indexes.includes("btree") || (indexes.includes("hash") && (type === "keyword" || type === "boolean"));
}
