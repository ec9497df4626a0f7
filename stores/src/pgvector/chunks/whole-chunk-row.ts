// A row as a whole chunk.
import { decimalOf } from "#chunks/canonical-value.ts";
import type { StoredChunk } from "#ports/chunk-store.ts";
import { exactTimeOf } from "#values/epoch.ts";
import { parseExact } from "#values/exact-json.ts";
import { numberText } from "#values/same-value.ts";
import { isColumn } from "../client/field-sql.ts";
import { momentPrecisionOf } from "../client/moment-sql.ts";
import type { Row } from "../client/row-query.ts";
import type { Place, TableColumns } from "./table-columns.ts";
import { memberEntity } from "./whole-chunk-sql.ts";

export type ReadChunk = (texts: Row, vector: Float32Array | null) => Omit<StoredChunk, "version">;

/** Reads the texts of `wholeColumns`, and those of `plain` fields after them. */
export function makeReadChunk(columns: TableColumns, plain: readonly Place[] = []): ReadChunk {
  const named = (types: RegExp): string[] =>
    columns.fields.filter(({ column }) => types.test(column.type)).map(({ name }) => name);
  const [decimals, texts] = [named(/^_?(numeric|float[48])$|^jsonb?$/), named(/^_?(text|varchar|bpchar)$/)];
  const moments = Object.fromEntries(
    columns.fields.flatMap(({ name, column, path }) => {
      const precision = isColumn(path) ? momentPrecisionOf(column) : null;
      return precision === null ? [] : [[name, precision] as const];
    }),
  );
  const readEntity = memberEntity(columns) === null ? asItIs : memberName;
  return ([id, entity, namespace, updatedAt, fields, ...texted], vector) => {
    const time = columns.updatedAt === null ? undefined : momentOf(updatedAt ?? "null");
    const members = parseExact(fields ?? "{}") as Record<string, unknown>;
    for (const [index, { name }] of plain.entries()) members[name] = texted[index] ?? null;
    return {
      id: id ?? "",
      entityId: saidOf(columns.entity, readEntity(entity ?? null)),
      namespace: saidOf(columns.namespace, namespace ?? null),
      updatedAt: time,
      hasUnreadableMoment: columns.updatedAt !== null && time === undefined,
      fields: Object.fromEntries(
        columns.fields.flatMap((place) => {
          const value = saidOf(place, members[place.name]);
          return value === undefined ? [] : [[place.name, value] as const];
        }),
      ),
      decimals,
      moments,
      texts,
      vector,
    };
  };
}

/**
 * A column's NULL is a value. A member of JSON that isn't there, or is null, says nothing: undefined, so that nothing of
 * the other store's is taken away for it.
 */
function saidOf<T>(place: Place | null, value: T): T | undefined {
  if (place === null || (value === null && !isColumn(place.path))) return undefined;
  return value;
}

const plainText = /^"([^"\\]{1,64})"$/;

/** Of its JSON; undefined for what can't be read as one. */
function momentOf(text: string): string | null | undefined {
  // As Postgres prints nearly all of them: read without a parser.
  const moment = plainText.exec(text)?.[1] ?? parseExact(text);
  if (moment === null) return null;
  return exactTimeOf(moment) ?? undefined;
}

function asItIs(text: string | null): string | null {
  return text;
}

/** Of its JSON: a number by the digits that it is compared by. */
function memberName(json: string | null): string | null {
  if (json === null) return null;
  const value = parseExact(json);
  return typeof value === "string" ? value : decimalOf(numberText(value) ?? "");
}
