// pgvector's configuration: as a document holds it, and with everything resolved, whichever form it was written in.
import { z } from "zod";
import { baseCredentialSchema, overlayCredentialSchema } from "#config/credential.ts";
import { timeoutMsSchema, tlsSchema } from "#config/fields.ts";
import type { StoreLocation } from "#config/identity.ts";
import type { Secret } from "#config/secret.ts";
import type { Tls } from "#config/store-spec.ts";

const sqlName = z
  .string()
  .max(63)
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, "expected a plain SQL identifier of at most 63 characters");
const hostName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, "expected a host name or address");

const tuning = {
  schema: sqlName.default("public"),
  table: sqlName.default("vector_chunks"),
  embeddingColumn: sqlName.default("embedding"),
  metadataColumns: z.array(sqlName).max(32).default([]),
  namespaceField: sqlName.default("namespace"),
  distance: z.enum(["cosine", "l2", "inner-product"]).default("cosine"),
  timeoutMs: timeoutMsSchema,
  poolSize: z.int().min(1).max(200).default(10),
  preparedStatements: z.boolean().default(true),
  indexSettings: z
    .strictObject({
      hnswEfSearch: z.int().min(1).max(1000).optional(),
      ivfflatProbes: z.int().min(1).max(32_768).optional(),
    })
    .optional(),
};

/** pgvector as a base names it: one connection string, as in the users' contract. */
export const pgvectorBaseSchema = z.strictObject({
  kind: z.literal("pgvector"),
  connectionString: baseCredentialSchema,
  ...tuning,
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
  ...tuning,
  tls: tlsSchema.optional(),
});

export type PgvectorBase = z.infer<typeof pgvectorBaseSchema>;
export type PgvectorOverlay = z.infer<typeof pgvectorOverlaySchema>;
export type PgvectorSpec = Omit<PgvectorBase, "connectionString" | "tls"> & {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: Secret;
  readonly password: Secret | null;
  /** Null: plain text. */
  readonly tls: Tls | null;
};

/** Location of a Postgres connection string. Throws TypeError when it isn't a URL. */
export function locatePostgres(connectionString: string, schema: string, table: string): StoreLocation {
  const parsed = new URL(connectionString);
  const host = parsed.searchParams.get("host") ?? parsed.hostname;
  const port = parsed.port === "" ? 5432 : Number(parsed.port);
  const database = decodeURIComponent(parsed.pathname.slice(1)) || decodeURIComponent(parsed.username);
  return { kind: "pgvector", host, port, place: `${database}/${schema}.${table}` };
}
