// Where a table holds the parts of a chunk, checked against its columns.
import { type FieldPath, metadataPath, requiredNamespace } from "#config/chunk-fields.ts";
import { errorsOf } from "#errors.ts";
import { isColumn, textAt } from "../client/field-sql.ts";
import { whyNoId } from "../client/id-type.ts";
import { expectedMoment, momentKindOf, momentValue } from "../client/moment-sql.ts";
import { quoteName } from "../client/names.ts";
import { memberNameAt, nameAt, shownAt } from "../client/shown-column.ts";
import { noTable } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";

const missing = errorsOf("RETR_BACKEND_MISSING");
const incomparable = errorsOf("RETR_VERIFY_NOT_COMPARABLE");

/** What is known of a column by its name. */
type Columns = ReadonlyMap<string, { readonly type: string }>;

type Paths = {
  readonly id: string;
  readonly entity: FieldPath | null;
  readonly updatedAt: FieldPath | null;
  /** Null also where the table hasn't its column. */
  readonly namespace: FieldPath | null;
  /** The agreed fields, in their order. */
  readonly agreed: readonly FieldPath[];
};

/** Throws RETR_BACKEND_MISSING, naming what the table lacks, and RETR_VERIFY_NOT_COMPARABLE for a member of what is no JSON. */
export function pathsIn({ fields, embeddingColumn }: PgvectorSpec, names: readonly string[], columns: Columns): Paths {
  const { id, entity, updatedAt, namespace, text } = fields;
  if (columns.size === 0) throw noTable();
  if (id === null) throw incomparable("fields.id: expected a column of the table");
  const agreed = names.map((name) => metadataPath(fields, name));
  const named = [id, entity, updatedAt, text, requiredNamespace(fields), [embeddingColumn] as const, ...agreed];
  const needed = named.filter((path) => path !== null);
  const lacking = [...new Set(needed.map(([column]) => column))].filter((name) => !columns.has(name));
  if (lacking.length > 0) throw missing(`the table lacks ${lacking.join(", ")}`);
  const unfit = whyNoId({ name: id[0], type: columns.get(id[0])?.type ?? "" });
  if (unfit !== null) throw missing(unfit);
  const scalar = needed.find((path) => !isColumn(path) && !isJson(columns.get(path[0])?.type));
  if (scalar !== undefined) {
    throw incomparable(`${scalar.join(".")}: expected ${scalar[0]} to be a column of json or jsonb`);
  }
  return { id: id[0], entity, updatedAt, namespace: columns.has(namespace?.[0] ?? "") ? namespace : null, agreed };
}

function isJson(type: string | undefined): boolean {
  return type === "json" || type === "jsonb";
}

/** Types whose name is as well their JSON: text as it is, and numbers by their value. */
function isShownName(type = ""): boolean {
  return /^(text|varchar|bpchar|uuid|int[248]|numeric)$/.test(type);
}

/** The paths as SQL. */
export function placesOf({ id, entity, updatedAt, namespace, agreed }: Paths, columns: Columns) {
  const typeOf = ([column]: FieldPath): string | undefined => columns.get(column)?.type;
  const shown = (path: FieldPath): string => shownAt(path, { type: typeOf(path) });
  const entityAt = (path: FieldPath): string => {
    const type = typeOf(path);
    // A namespace is its text, and so is an entity in its place.
    const isBoth = path.join(".") === namespace?.join(".");
    if (!isColumn(path) && !isBoth) return memberNameAt(path, { type });
    return isColumn(path) && isShownName(type) ? shown(path) : `${textAt(path, { isRaw: type === "json" })}::text`;
  };
  return {
    id: quoteName(id),
    entity: entity === null ? "NULL" : entityAt(entity),
    namespace: namespace === null ? "NULL" : nameAt(namespace, { type: typeOf(namespace) }),
    ...momentPlaces(updatedAt, columns),
    fields: agreed.map(shown),
  };
}

/** A column that can't hold moments is a fault only where moments are compared. */
function momentPlaces(path: FieldPath | null, columns: Columns) {
  if (path === null) return { moment: null, momentColumn: null };
  const type = columns.get(path[0])?.type;
  const kind = momentKindOf(path, type);
  if (kind !== undefined) {
    return {
      moment: momentValue(path, kind, type),
      momentColumn: kind === "time" ? quoteName(path[0]) : null,
    };
  }
  const momentFault = `${path.join(".")}: expected a column of type ${expectedMoment}, it is ${type}; make it one of them, or compare --level ids`;
  return { moment: null, momentColumn: null, momentFault };
}
