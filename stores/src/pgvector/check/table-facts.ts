// What the checks of a table go by: the catalogue, and what it is searched as.
import type { PoolClient } from "pg";
import type { RetrieverError } from "#errors.ts";
import type { CheckOptions } from "#ports/store-check.ts";
import { postgresError } from "../client/classify.ts";
import { readRows } from "../client/row-query.ts";
import { isSettled } from "../client/session-settings.ts";
import { type Catalogue, hasOrderedIds, readCatalogue } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { type Columns, readColumns } from "../filter/columns.ts";
import { servedInView } from "../filter/view-indexes.ts";
import { readRowDimensions } from "../retrieve/row-dimensions.ts";
import type { TableShape } from "../retrieve/shape.ts";
import { shapeOf } from "../retrieve/table-shape.ts";

export type TableFacts = {
  readonly catalogue: Catalogue;
  /** As filters know them. */
  readonly columns: Columns;
  /** Of a view, the declared fields that an index serves. */
  readonly inView: ReadonlySet<string>;
  readonly serverVersion: string;
  /** Whether another's sessions are lent for each statement, so that nothing can be kept prepared. */
  readonly isPooled: boolean;
  /** Whether an index gives the order of the ids, as pages of a verification need it. */
  readonly hasOrderedIds: boolean;
  /** What it is searched as, or why it can't be searched. */
  readonly search: Searchable | { readonly error: RetrieverError };
};

type Searchable = {
  readonly shape: TableShape;
  /** Of the column, or of some row where that says none; null: there is none. */
  readonly dimension: number | null;
  /** Of rows of several dimensions. */
  readonly mixture: string | null;
};

const serverQuery = "SELECT current_setting('server_version')";

/** Within a transaction. Rejects with what the driver throws. */
export async function readTableFacts(
  client: PoolClient,
  spec: PgvectorSpec,
  { signal, filterable = {} }: Pick<CheckOptions, "signal" | "filterable">,
): Promise<TableFacts> {
  const catalogue = await readCatalogue(client, spec);
  const [[serverVersion] = []] = await readRows(client, { text: serverQuery, values: [] });
  const columns = await readColumns(client, spec);
  return {
    catalogue,
    columns,
    inView: await servedInView(client, spec, filterable, columns),
    serverVersion: serverVersion ?? "",
    isPooled: spec.preparedStatements && !isSettled(client),
    hasOrderedIds: await hasOrderedIds(client, spec, catalogue.columns),
    search: await readSearchable(client, spec, catalogue).catch((error: unknown) => ({
      error: postgresError(error, signal),
    })),
  };
}

async function readSearchable(client: PoolClient, spec: PgvectorSpec, catalogue: Catalogue): Promise<Searchable> {
  const shape = await shapeOf(client, spec, catalogue);
  const { dimension, mixture } =
    shape.dimension === null ? await readRowDimensions(client, spec, shape) : { ...shape, mixture: null };
  return { shape, dimension, mixture };
}
