// What a search has to know of its table.
import type { MomentKind } from "../client/moment-sql.ts";
import type { Catalogue } from "../client/table-catalogue.ts";
import type { VectorType } from "../client/vector-type.ts";

/** Of the column, in an index's expression. */
export type Cast = { readonly type: "vector" | "halfvec"; readonly dimension: number };

export type TableShape = {
  /** Schema of the extension, quoted. */
  readonly extension: string;
  readonly version: string;
  readonly vectorType: VectorType;
  /** Null: declared without one. */
  readonly dimension: number | null;
  /** What the column is cast to in the expression that the index is on; null: the index is on the column, or there is none. */
  readonly cast: Cast | null;
  /** Of which the answer's order is; of partitions the first one's. Null: every search reads all rows, of some partitions at least. */
  readonly index: string | null;
  /** Most rows that an index of hnsw finds (hnsw.ef_search, of the configuration or the server); null: there is no such index. */
  readonly mostFound: number | null;
  /** Kinds of the indexes that end a search where conditions leave few of the rows that they found (iterative scan off). */
  readonly endingEarly: readonly ("hnsw" | "ivfflat")[];
  readonly momentKind: MomentKind;
  /** By name. */
  readonly columns: Catalogue["columns"];
  /** Of type json, not jsonb: they may hold texts that can't be read. None with an index on a member, as that reads all. */
  readonly jsonColumns: ReadonlySet<string>;
  /** Whether the moment's column leads an index. */
  readonly hasTimeIndex: boolean;
  /** Whether a row may be without an id. */
  readonly mayLackIds: boolean;
  /** The planner's estimate of the rows. */
  readonly estimate: number;
  /** What makes searches slow or leaves rows out, as sentences. */
  readonly remarks: readonly string[];
};
