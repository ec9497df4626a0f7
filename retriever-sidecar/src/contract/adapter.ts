// The adapters of the users' contract, in the two forms they take: in a base and in an overlay.
import { z } from "zod";
import { baseCredentialSchema, overlayCredentialSchema } from "./credential.ts";

const sqlName = z
  .string()
  .max(63)
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, "expected a plain SQL identifier of at most 63 characters");
const payloadKey = z
  .string()
  .max(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/, "expected a payload key");
const hostName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, "expected a host name or address");
const httpUrl = z
  .string()
  .max(512)
  .regex(/^https?:\/\/[^\s/@?#]+(:\d{1,5})?\/?$/, "expected http(s)://host[:port] without path, user or query");

const tlsSchema = z.strictObject({
  /** PEM file of the authority that signed the store's certificate; the system's authorities when absent. */
  caFile: z.string().startsWith("/").max(160).optional(),
});

const pgvectorTuning = {
  schema: sqlName.default("public"),
  table: sqlName.default("vector_chunks"),
  embeddingColumn: sqlName.default("embedding"),
  metadataColumns: z.array(sqlName).max(32).default([]),
  namespaceField: sqlName.default("namespace"),
  distance: z.enum(["cosine", "l2", "inner-product"]).default("cosine"),
  timeoutMs: z.int().min(10).max(60_000).default(5000),
  poolSize: z.int().min(1).max(200).default(10),
  preparedStatements: z.boolean().default(true),
  indexSettings: z
    .strictObject({
      hnswEfSearch: z.int().min(1).max(1000).optional(),
      ivfflatProbes: z.int().min(1).max(32_768).optional(),
    })
    .optional(),
};

const qdrantShape = {
  kind: z.literal("qdrant"),
  url: httpUrl,
  collection: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^/\s?#]+$/, "expected a collection name without slash or space"),
  timeoutMs: z.int().min(10).max(60_000).default(5000),
  consistency: z.enum(["eventual", "strong"]).default("eventual"),
  namespaceField: payloadKey.default("namespace"),
  vectorName: z.string().min(1).max(255).optional(),
  tls: tlsSchema.optional(),
};

/** pgvector as a base names it: one connection string, as in the users' contract. */
export const pgvectorBaseSchema = z.strictObject({
  kind: z.literal("pgvector"),
  connectionString: baseCredentialSchema,
  ...pgvectorTuning,
  tls: tlsSchema.optional(),
});

/** pgvector as an overlay names it: the host is readable, so that it can be checked before anything connects. */
export const pgvectorOverlaySchema = z.strictObject({
  kind: z.literal("pgvector"),
  host: hostName,
  port: z.int().min(1).max(65_535).default(5432),
  database: z.string().min(1).max(63),
  user: overlayCredentialSchema,
  password: overlayCredentialSchema.optional(),
  ...pgvectorTuning,
  tls: tlsSchema.optional(),
});

export const qdrantBaseSchema = z.strictObject({ ...qdrantShape, apiKey: baseCredentialSchema.optional() });
export const qdrantOverlaySchema = z.strictObject({ ...qdrantShape, apiKey: overlayCredentialSchema.optional() });

/** Adapter in a base (`retriever.json`). */
export const baseAdapterSchema = z.discriminatedUnion("kind", [pgvectorBaseSchema, qdrantBaseSchema]);
/** Adapter in an overlay or a RetrieverMigration: credentials by reference only. */
export const overlayAdapterSchema = z.discriminatedUnion("kind", [pgvectorOverlaySchema, qdrantOverlaySchema]);

export type BaseAdapter = z.infer<typeof baseAdapterSchema>;
export type OverlayAdapter = z.infer<typeof overlayAdapterSchema>;
