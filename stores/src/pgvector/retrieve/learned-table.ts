// What requests go by of a table: learnt by the first of them or by a probe, whichever comes first, and renewed by each
// probe, as an index may come or go.
import type { PoolClient } from "pg";
import { codeOf } from "#values/node-error.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { type Columns, readColumns } from "../filter/columns.ts";
import type { TableShape } from "./shape.ts";
import { readShape } from "./table-shape.ts";

type Read = <T>(signal: AbortSignal, work: (client: PoolClient) => Promise<T>) => Promise<T>;

type LearnedTable = {
  readonly shape: (signal: AbortSignal) => Promise<TableShape>;
  /** Types of the columns, which filters need. */
  readonly columns: (signal: AbortSignal) => Promise<Columns>;
  readonly learn: (shape: TableShape, columns?: Columns) => void;
  /** Runs a search. What fails by another table than the one that is known makes it unknown; by another label, searches once more. */
  readonly forgetting: <T>(search: () => Promise<T>) => Promise<T>;
};

export function makeLearnedTable(spec: PgvectorSpec, read: Read): LearnedTable {
  let shape: TableShape | undefined;
  let columns: Columns | undefined;
  const attempt = async <T>(search: () => Promise<T>): Promise<T> => {
    try {
      return await search();
    } catch (error) {
      // A table made anew may have other columns, and a label another name.
      if (isOfLabel(error) || codeOf(error).startsWith("42")) [shape, columns] = [undefined, undefined];
      throw error;
    }
  };
  return {
    shape: async (signal) => (shape ??= await read(signal, (client) => readShape(client, spec))),
    columns: async (signal) => (columns ??= await read(signal, (client) => readColumns(client, spec))),
    learn: (known, knownColumns = columns) => {
      [shape, columns] = [known, knownColumns];
    },
    forgetting: async (search) => {
      try {
        return await attempt(search);
      } catch (error) {
        if (!isOfLabel(error)) throw error;
        return attempt(search);
      }
    },
  };
}

/** Of a text that was a label of an enum when the columns were read. */
function isOfLabel(error: unknown): boolean {
  return error instanceof Error && "routine" in error && error.routine === "enum_in";
}
