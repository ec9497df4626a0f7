// The dimensions of a column that was declared without one, as LangChain's is: each of its rows may have another.
import type { PoolClient } from "pg";
import { quoteName, rowsOf } from "../client/names.ts";
import { readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import type { TableShape } from "./shape.ts";

/** Of so many of the first rows, which a scan of them passes over, so many are measured. */
const [passed, measured] = [10_000, 1000];

type Measured = Pick<TableShape, "vectorType" | "extension">;
type RowDimensions = {
  /** That of some row; null: there is none. */
  readonly dimension: number | null;
  /** Of rows of several dimensions, as far as they are seen. */
  readonly mixture: string | null;
};

export const mixtureRemedy = "name the rows of one kind by where, or by a view";

export async function readRowDimensions(
  client: PoolClient,
  spec: PgvectorSpec,
  { vectorType, extension }: Measured,
): Promise<RowDimensions> {
  const vector = quoteName(spec.embeddingColumn);
  const measure = vectorType === "bit" ? `length(${vector})` : `${extension}."vector_dims"(${vector})`;
  const rows = (most: number): string =>
    `SELECT ${vector} FROM ${rowsOf(spec)} WHERE ${vector} IS NOT NULL LIMIT ${most}`;
  const ofSome = `SELECT ${measure} FROM (${rows(1)}) AS one`;
  const [one] = await readRows(client, { text: ofSome, values: [] });
  if (one === undefined) return { dimension: null, mixture: null };
  // Rows of another model are often the newest: so not the first ones, but some of many.
  const numbered = `SELECT ${vector}, row_number() OVER () AS "row of it", count(*) OVER () AS "rows" FROM (${rows(passed)}) AS few`;
  const spread = `SELECT min(${measure}), max(${measure}) FROM (${numbered}) AS few
    WHERE "row of it" % greatest("rows" / ${measured}, 1) = 0`;
  const [[least, most] = []] = await readRows(client, { text: spread, values: [] });
  return { dimension: Number(one[0]), mixture: least === most ? null : mixtureOf(spec, `${least} and ${most}`) };
}

function mixtureOf({ embeddingColumn }: PgvectorSpec, found: string): string {
  return `${embeddingColumn} has vectors of ${found} dimensions: a search that meets both kinds fails`;
}
