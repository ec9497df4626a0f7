// The checks of a table, in the order in which they are told. Each is a pure function: a new one is one more in the list.
import { placeIn } from "#config/chunk-fields.ts";
import type { Filterable } from "#config/filterable.ts";
import { fieldFindings } from "#filter/findings.ts";
import type { Finding } from "#ports/store-check.ts";
import { faultFinding, finding } from "#values/findings.ts";
import { plural } from "#values/plural.ts";
import { quoteName } from "../client/names.ts";
import { isBefore } from "../client/session-settings.ts";
import { remarksOf } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { checkFields } from "../filter/check-fields.ts";
import { mixtureRemedy } from "../retrieve/row-dimensions.ts";
import type { TableFacts } from "./table-facts.ts";

type Check = (facts: TableFacts, spec: PgvectorSpec, filterable?: Filterable) => readonly Finding[];

/** Which field a fault of this code is about. */
export const pgvectorFields = {
  RETR_BACKEND_UNAVAILABLE: "host",
  RETR_BACKEND_TLS: "tls",
  RETR_BACKEND_AUTH: "user",
  RETR_BACKEND_MISSING: "table",
  RETR_BACKEND_ANSWER_INVALID: "host",
};

const server: Check = ({ catalogue, serverVersion }, { tls }) => {
  // The server tells of its own connection: behind a pooler that is another one.
  const how = tls === null ? "in plain text" : "over TLS, verified";
  // Nobody says it where there is no such table.
  const as = catalogue.role === "" ? "" : ` as ${catalogue.role}`;
  return [finding("ok", "host", `PostgreSQL ${serverVersion}, reached${as} ${how}`)];
};

const session: Check = ({ isPooled }) =>
  isPooled
    ? [
        finding(
          "slow",
          "preparedStatements",
          "a pooler stands before Postgres, so that nothing is kept prepared and settings go along with each statement",
          "set preparedStatements: false, which says so",
        ),
      ]
    : [];

const table: Check = ({ search }, { schema, table: name }) => {
  if ("error" in search) return [faultFinding(search.error, pgvectorFields)];
  const { shape } = search;
  const estimate = Math.max(0, shape.estimate);
  const rows = `about ${estimate} ${plural(estimate, "row")}`;
  return [
    finding(
      "ok",
      "table",
      `${schema}.${name}, ${rows}; pgvector ${shape.version} in schema ${shape.extension.replaceAll(`"`, "")}`,
    ),
  ];
};

const fields: Check = ({ catalogue: { columns } }, { fields: { metadata, namespace: path } }) => {
  if (columns.size === 0) return [];
  const places = Object.entries(metadata).filter(([, [column]]) => !columns.has(column));
  const lacking = [...new Set(places.map(([, [column]]) => column))];
  const where = places.every(([name, place]) => place.length === 1 && place[0] === name)
    ? "metadataColumns"
    : "fields.metadata";
  const fault = `the table lacks ${lacking.join(", ")}: requests that filter by it or include it fail`;
  const namespace = `the table has no column ${path?.[0] ?? ""}: requests that name a namespace fail`;
  return [
    ...(lacking.length === 0 ? [] : [finding("fails", where, fault, "leave it out, or add the column")]),
    ...(path === null || columns.has(path[0])
      ? []
      : [finding("slow", "namespaceField", namespace, "correct namespaceField if namespaces are used")]),
  ];
};

const filters: Check = ({ columns, inView, catalogue }, spec, filterable) =>
  filterable === undefined || catalogue.columns.size === 0
    ? []
    : fieldFindings(checkFields(filterable, columns, placeIn(spec.fields), inView));

const vector: Check = ({ search }, { embeddingColumn }) => {
  if ("error" in search) return [];
  const { vectorType, dimension } = search.shape;
  if (dimension !== null) return [finding("ok", "embeddingColumn", `${vectorType}(${dimension})`)];
  const { mixture } = search;
  const remedy = `ALTER TABLE … ALTER COLUMN ${quoteName(embeddingColumn)} TYPE ${vectorType}(${search.dimension ?? "n"}), or an index on a cast to that length`;
  if (mixture !== null) return [finding("fails", "embeddingColumn", mixture, mixtureRemedy)];
  const found = `${vectorType} without a number of dimensions, on which itself there can be no index`;
  return [finding("slow", "embeddingColumn", found, remedy)];
};

const classes = { cosine: "cosine", l2: "l2", "inner-product": "ip" } as const;
/** Of pgvector's indexes on the column itself, and on its half precision. */
const [mostWhole, mostHalf] = [2000, 4000];

const index: Check = ({ catalogue, search }, spec) => {
  if ("error" in search) return [];
  const { remarks, index: name } = search.shape;
  if (name !== null) {
    return [finding("ok", "embeddingColumn", `the index ${name} serves the query`)];
  }
  return [
    finding(
      "slow",
      "embeddingColumn",
      remarks.find((remark) => remark.startsWith("no index")) ?? "no index serves the query",
      indexRemedy(search, spec, catalogue.relation),
    ),
  ];
};

type Searchable = Extract<TableFacts["search"], { readonly shape: object }>;

function indexRemedy(search: Searchable, spec: PgvectorSpec, relation: string): string {
  const { shape, dimension } = search;
  const numbers = shape.vectorType === "bit" ? 0 : (dimension ?? 0);
  if (numbers > mostHalf) return `serve vectors of at most ${mostHalf} numbers: no index of pgvector takes as many`;
  const isHalved = shape.vectorType === "vector" && numbers > mostWhole;
  if (isHalved && isBefore(shape.version, 7)) {
    return "upgrade pgvector to 0.7.0: before it no index takes as many numbers";
  }
  return indexStatement(search, isHalved ? "halfvec" : shape.vectorType, { ...spec, relation });
}

type Indexed = Pick<PgvectorSpec, "embeddingColumn" | "distance"> & { readonly relation: string };

/** As Postgres takes it: an index needs a length, and a partitioned table can't have it made beside writers. */
function indexStatement(
  { shape, dimension }: Searchable,
  type: Searchable["shape"]["vectorType"],
  { embeddingColumn, distance, relation }: Indexed,
): string {
  const column = quoteName(embeddingColumn);
  const place = shape.extension === quoteName("public") ? "" : `${shape.extension}.`;
  const isOwn = type === shape.vectorType && shape.dimension !== null;
  const key = isOwn ? column : `(${column}::${place}${type}(${dimension ?? "n"}))`;
  const operators = type === "bit" ? "bit_hamming_ops" : `${type}_${classes[distance]}_ops`;
  return `CREATE INDEX${relation === "p" ? "" : " CONCURRENTLY"} ON the table USING hnsw (${key} ${place}${operators})`;
}

/** Nothing of it fails or is slow: the answers are shorter. */
const reach: Check = ({ search }) => {
  if ("error" in search || search.shape.index === null) return [];
  const { endingEarly, version } = search.shape;
  return endingEarly.map((method) =>
    finding(
      "ok",
      "indexSettings",
      `an index of ${method} ends its search where a namespace or filter passes few of the rows it found${method === "ivfflat" ? ", or more are asked for" : ""}: such requests get fewer chunks than there are`,
      isBefore(version, 8)
        ? "pgvector goes on since 0.8.0: upgrade it, or make an index or partition for each namespace"
        : `set indexSettings.${method}IterativeScan: relaxed_order`,
    ),
  );
};

const rights: Check = ({ search }) => {
  if ("error" in search) return [];
  const unread = search.shape.remarks.filter((remark) => remark.includes("has no right to read"));
  return unread.map((remark) => finding("fails", "user", remark, "GRANT SELECT ON the table, or name other fields"));
};

const rowSecurity: Check = ({ catalogue: { hidesRows, role } }) =>
  hidesRows
    ? [
        finding(
          "fails",
          "user",
          `row-level security may hide rows from the role ${role}`,
          "read as the table's owner, or as a role with BYPASSRLS",
        ),
      ]
    : [];

const chunkIds: Check = ({ catalogue, hasOrderedIds }, spec) => {
  const [id = "chunk_id"] = spec.fields.id ?? [];
  if (!catalogue.columns.has(id) || hasOrderedIds) return [];
  const found = `no index begins with ${id}: a verification sorts all rows for every page`;
  const statement = `CREATE UNIQUE INDEX CONCURRENTLY ON the table (${quoteName(id)})`;
  const remedy = `${statement}; where ids are unique within a namespace alone, serve from a view that makes one text of both`;
  return [finding("slow", "table", found, remedy)];
};

const repair: Check = ({ catalogue }) =>
  remarksOf(catalogue).map((remark) => finding("ok", "table", remark, "to be known before a repair"));

export const tableChecks: readonly Check[] = [
  server,
  session,
  table,
  fields,
  filters,
  vector,
  index,
  reach,
  rights,
  rowSecurity,
  chunkIds,
  repair,
];
