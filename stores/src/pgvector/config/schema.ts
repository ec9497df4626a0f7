// pgvector's configuration: the schemas of base and overlay, and the one spec that either resolves to.
import { z } from "zod";
import { type ChunkFields, chunkFieldsShape } from "#config/chunk-fields.ts";
import { baseCredentialSchema, overlayCredential } from "#config/credential.ts";
import { doc } from "#config/field-doc.ts";
import { kindSchema, namespaceDoc, overlayTlsSchema, timeoutMsSchema, tlsSchema } from "#config/fields.ts";
import type { Secret } from "#config/secret.ts";
import type { Tls } from "#config/store-spec.ts";
import { databaseExpected, databasePattern, type SessionSettings } from "./connection-string.ts";
import { faultOfPredicate } from "./predicate.ts";

const sqlName = z
  .string()
  .max(63)
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, "expected a plain SQL identifier of at most 63 characters");
/** As it stands in the catalogue, case included; a dot, a slash or # in it would leave open which store a label names. */
const relationName = z
  .string()
  .max(63)
  .regex(
    /^[\p{L}\p{N}_][\p{L}\p{N}_$ -]{0,62}$/u,
    "expected a name of letters, digits, _, $, - and spaces, at most 63, without its schema and quotes (serve any other from a view)",
  );
const hostName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, "expected a host name or address");

/** Of the contract's own table. */
export const defaultEmbeddingColumn = "embedding";

const tuning = {
  schema: relationName.default("public").meta(doc("Schema of the table.", "retrieval", "public; drop table chunks")),
  table: relationName.default("vector_chunks").meta(doc("Table of the chunks.", "km-default", "public.chunks")),
  embeddingColumn: relationName
    .default(defaultEmbeddingColumn)
    .meta(doc("Column of the vectors.", "vector", "public.vector")),
  metadataColumns: z
    .array(sqlName)
    .max(32)
    .default([])
    .meta(
      doc(
        "Names of further fields that can be filtered and selected: columns, or members of the layout's metadata.",
        ["language", "source"],
        "language",
      ),
    ),
  namespaceField: sqlName.default("namespace").meta(namespaceDoc("tenant", "tenant.id")),
  ...chunkFieldsShape,
  distance: z
    .enum(["cosine", "l2", "inner-product"])
    .default("cosine")
    .meta(doc("Distance of the vectors' index; similarities follow from it.", "l2", "euclid")),
  timeoutMs: timeoutMsSchema,
  poolSize: z
    .int()
    .min(1)
    .max(200)
    .default(10)
    .meta(doc("Most connections of one pod.", 20, 0)),
  preparedStatements: z
    .boolean()
    .default(true)
    .meta(doc("False behind a pooler in transaction mode.", false, "no")),
  indexSettings: z
    .strictObject({
      hnswEfSearch: z
        .int()
        .min(1)
        .max(1000)
        .optional()
        .meta(doc("hnsw.ef_search of every query; the server's own when absent.", 200, 5000)),
      ivfflatProbes: z
        .int()
        .min(1)
        .max(32_768)
        .optional()
        .meta(doc("ivfflat.probes of every query; the server's own when absent.", 20, 0)),
      hnswIterativeScan: z
        .enum(["off", "relaxed_order", "strict_order"])
        .optional()
        .meta(doc("Whether hnsw searches on where filters leave too few (pgvector 0.8).", "relaxed_order", "relaxed")),
      hnswMaxScanTuples: z
        .int()
        .min(1)
        .max(2_147_483_647)
        .optional()
        .meta(doc("Most rows that such a search of hnsw looks at (pgvector 0.8).", 20_000, 0)),
      ivfflatIterativeScan: z
        .enum(["off", "relaxed_order"])
        .optional()
        .meta(
          doc(
            "Whether ivfflat searches on where filters leave too few (pgvector 0.8).",
            "relaxed_order",
            "strict_order",
          ),
        ),
      ivfflatMaxProbes: z
        .int()
        .min(1)
        .max(32_768)
        .optional()
        .meta(doc("Most lists that such a search of ivfflat looks at (pgvector 0.8).", 100, 0)),
    })
    .optional(),
};

/** A condition that every row read has to meet. */
const predicateSchema = z
  .string()
  .max(1000)
  .superRefine((text, context) => {
    const message = faultOfPredicate(text);
    if (message !== null) context.addIssue({ code: "custom", message });
  });

/** Pages are read in the order of the ids, and a row's id must be unique: neither can be said of a key within JSON. */
const idIsColumn = [
  ({ fields }: z.infer<z.ZodObject<typeof chunkFieldsShape>>) => !/[$.>]/.test(fields?.id ?? ""),
  { path: ["fields", "id"], message: "expected a column of the table, which a view can make of a member" },
] satisfies [unknown, object];

/** pgvector as a base names it: one connection string, as the retrieval service has it. */
export const pgvectorBaseSchema = z
  .strictObject({
    kind: kindSchema("pgvector"),
    connectionString: baseCredentialSchema,
    where: predicateSchema.optional(),
    ...tuning,
    tls: tlsSchema.optional(),
  })
  .refine(...idIsColumn);

const noCondition = "expected no where: a destination has none; name a view with the condition as the table";

/** pgvector as an overlay names it: the host is readable, so that it can be checked before anything connects. */
export const pgvectorOverlaySchema = z
  .strictObject(
    {
      kind: kindSchema("pgvector"),
      host: hostName.meta(
        doc(
          "Host of PostgreSQL. The pods' RETRIEVER_ALLOWED_HOSTS has to name it.",
          "pg.search.svc",
          "pg.search.svc/chunks",
        ),
      ),
      port: z
        .int()
        .min(1)
        .max(65_535)
        .default(5432)
        .meta(doc("Port of PostgreSQL.", 6432, 70_000)),
      database: z
        .string()
        .min(1)
        .max(63)
        .regex(databasePattern, databaseExpected)
        .meta(doc("Database that holds the table.", "search", "search/app")),
      user: overlayCredential(
        ["RETRIEVER_CRED_PG_USER", "PGUSER"],
        ["/etc/retriever/credentials/pg-user", "/etc/passwd"],
      ),
      password: overlayCredential(
        ["RETRIEVER_CRED_PG_PASSWORD", "PGPASSWORD"],
        ["/etc/retriever/credentials/pg-password", "/etc/retriever/credentials/../secret"],
      ).optional(),
      ...tuning,
      tls: overlayTlsSchema.optional(),
    },
    { error: ({ code, keys }) => (code === "unrecognized_keys" && keys?.includes("where") ? noCondition : undefined) },
  )
  .refine(...idIsColumn);

export type PgvectorBase = z.infer<typeof pgvectorBaseSchema>;
export type PgvectorOverlay = z.infer<typeof pgvectorOverlaySchema>;
export type PgvectorSpec = Omit<
  PgvectorBase,
  "connectionString" | "tls" | "layout" | "fields" | "namespaceField" | "metadataColumns"
> & {
  readonly fields: ChunkFields;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: Secret;
  readonly password: Secret | null;
  /** Null: plain text. */
  readonly tls: Tls | null;
  readonly session: SessionSettings;
};
