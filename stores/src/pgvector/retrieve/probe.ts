// A cheap probe of the table: the catalogue first, rows only while they are few or an index leads to them.
import type { PoolClient } from "pg";
import { type ProbeFacts, unknownFacts } from "#ports/backend.ts";
import { isColumn } from "../client/field-sql.ts";
import { momentText } from "../client/moment-sql.ts";
import { quoteName, rowsOf } from "../client/names.ts";
import { readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { readMomentText } from "./answer.ts";
import { mixtureRemedy, readRowDimensions } from "./row-dimensions.ts";
import type { TableShape } from "./shape.ts";

/** Tables of up to this many rows are counted; for larger ones the planner's estimate is used. */
const exactCountLimit = 50_000;

/** Facts of a table that answers. Rejects with what the driver throws. */
export async function probeTable(client: PoolClient, spec: PgvectorSpec, shape: TableShape): Promise<ProbeFacts> {
  const { count, isExact } = await countRows(client, spec, shape.estimate);
  const isCheap = shape.hasTimeIndex || isExact;
  const { dimension, mixture } =
    shape.dimension === null ? await readRowDimensions(client, spec, shape) : { ...shape, mixture: null };
  return {
    ...unknownFacts,
    reachable: true,
    tls: spec.tls === null ? "off" : "verified",
    authenticated: true,
    exists: true,
    dimension,
    count,
    newestUpdatedAt: isCheap ? await readNewest(client, spec, shape) : null,
    remarks: mixture === null ? shape.remarks : [`${mixture}; ${mixtureRemedy}`, ...shape.remarks],
    fault: null,
  };
}

async function countRows(client: PoolClient, spec: PgvectorSpec, estimate: number) {
  if (estimate > exactCountLimit * 1.2) return { count: estimate, isExact: false };
  const text = `SELECT count(*) FROM (SELECT 1 FROM ${rowsOf(spec)} LIMIT ${exactCountLimit + 1}) AS few`;
  const [row] = await readRows(client, { text, values: [] });
  const count = Number(row?.[0] ?? 0);
  return count > exactCountLimit ? { count: Math.max(count, estimate), isExact: false } : { count, isExact: true };
}

async function readNewest(
  client: PoolClient,
  { fields, ...spec }: PgvectorSpec,
  { momentKind }: TableShape,
): Promise<string | null> {
  const path = fields.updatedAt;
  // Of a member of JSON every row would have to be read.
  if (path === null || !isColumn(path)) return null;
  const column = quoteName(path[0]);
  const newest = `SELECT max(${column}) AS ${column} FROM ${rowsOf(spec)}`;
  const text = `SELECT ${momentText(path, momentKind, false)} FROM (${newest}) AS newest`;
  const [[moment = null] = []] = await readRows(client, { text, values: [] });
  return readMomentText(moment, momentKind);
}
