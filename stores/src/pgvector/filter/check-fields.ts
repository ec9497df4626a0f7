// Which declared fields a table can't be filtered by, and which of them no index serves.
import { type Filterable, fieldsOf, type PlaceOf } from "#config/filterable.ts";
import type { FieldFindings } from "#filter/findings.ts";
import type { Columns } from "./columns.ts";
import { faultOfField } from "./filter-sql.ts";

export function checkFields(filterable: Filterable, columns: Columns, placeOf: PlaceOf): FieldFindings {
  const fields = fieldsOf(filterable);
  return {
    filterFaults: fields.flatMap((field) => {
      const fault = faultOfField(field, { columns, placeOf });
      return fault === undefined ? [] : [`${field.name}: ${fault}`];
    }),
    unindexed: fields.map(({ name }) => name).filter((name) => columns.get(placeOf(name)[0])?.isIndexed === false),
  };
}
