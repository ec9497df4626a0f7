// Qdrant's configuration: as a document holds it, and with everything resolved.
import { z } from "zod";
import { type ChunkFields, chunkFieldsShape } from "#config/chunk-fields.ts";
import { baseCredentialSchema, overlayCredential } from "#config/credential.ts";
import { doc } from "#config/field-doc.ts";
import { kindSchema, namespaceDoc, overlayTlsSchema, timeoutMsSchema, tlsSchema } from "#config/fields.ts";
import type { StoreLocation } from "#config/identity.ts";
import type { Secret } from "#config/secret.ts";
import type { Tls } from "#config/store-spec.ts";

const payloadKey = z
  .string()
  .max(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/, "expected a payload key");
const httpUrl = z
  .string()
  .max(512)
  .regex(
    /^https?:\/\/(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_.])?)(:\d{1,5})?\/?$/,
    "expected http(s)://host[:port] without path, user or query",
  )
  // Such as a port beyond 65535, or five numbers with dots between them.
  .refine((url) => URL.canParse(url), "expected a host and a port that there can be");

/** One segment of a path that means itself: a name of dots alone leads elsewhere. */
const collectionPattern = /^(\.{0,2}[^./\\\s?#\p{Cc}][^/\\\s?#\p{Cc}]*|\.{3}[^/\\\s?#\p{Cc}]*)$/u;

const shape = {
  kind: kindSchema("qdrant"),
  url: httpUrl.meta(
    doc(
      "http(s)://host[:port] of Qdrant. The pods' RETRIEVER_ALLOWED_HOSTS has to name the host.",
      "https://qdrant.search.svc:6333",
      "https://user@qdrant.search.svc:6333",
    ),
  ),
  collection: z
    .string()
    .min(1)
    .max(255)
    .regex(collectionPattern, "expected a collection name without slash, space or control characters, and not . or ..")
    .meta(doc("Collection of the chunks.", "chunks", "my chunks")),
  timeoutMs: timeoutMsSchema,
  consistency: z
    .enum(["eventual", "strong"])
    .default("eventual")
    .meta(doc("Strong asks every replica of a shard, eventual any one.", "strong", "quorum")),
  namespaceField: payloadKey.default("namespace").meta(namespaceDoc("tenant.id", "tenant id")),
  ...chunkFieldsShape,
  vectorName: z
    .string()
    .min(1)
    .max(255)
    .regex(/^\P{Cc}*$/u, "expected a name without control characters")
    .optional()
    .meta(doc("Named vector to search; the unnamed one when absent.", "text", "")),
  searchSettings: z
    .strictObject({
      hnswEf: z
        .int()
        .min(1)
        .max(100_000)
        .optional()
        .meta(doc("hnsw_ef of every query; the collection's own when absent.", 256, 0)),
      exact: z
        .boolean()
        .optional()
        .meta(doc("True: every query compares all vectors.", true, "yes")),
      quantization: z
        .strictObject({
          ignore: z
            .boolean()
            .optional()
            .meta(doc("True: quantised vectors are passed over.", true, "yes")),
          rescore: z
            .boolean()
            .optional()
            .meta(doc("Whether what quantised vectors found is ranked by the original ones.", true, "yes")),
          oversampling: z
            .number()
            .min(1)
            .max(1000)
            .optional()
            .meta(doc("How many times as many are found before they are ranked again.", 2.5, 0.5)),
        })
        .optional(),
    })
    .optional(),
  tls: tlsSchema.optional(),
};

export const qdrantBaseSchema = z.strictObject({ ...shape, apiKey: baseCredentialSchema.optional() });
export const qdrantOverlaySchema = z.strictObject({
  ...shape,
  apiKey: overlayCredential(
    ["RETRIEVER_CRED_QDRANT", "HOME"],
    ["/etc/retriever/credentials/qdrant", "/root/.qdrant"],
  ).optional(),
  tls: overlayTlsSchema.optional(),
});

export type QdrantDocument = z.infer<typeof qdrantBaseSchema>;
export type QdrantSpec = Omit<QdrantDocument, "apiKey" | "tls" | "layout" | "fields" | "namespaceField"> & {
  readonly fields: ChunkFields;
  readonly apiKey: Secret | null;
  /** Null: plain text. */
  readonly tls: Tls | null;
};

/** Location of a collection. */
export function locateQdrant(url: string, collection: string): StoreLocation {
  return { kind: "qdrant", host: new URL(url).hostname, port: portOf(url), place: collection };
}

/**
 * An absent port is the scheme's own for https and Qdrant's 6333 for http. By the text: a parsed address has none either
 * where the scheme's own was written.
 */
export function portOf(url: string): number {
  const written = /:(\d{1,5})\/?$/.exec(url)?.[1];
  if (written !== undefined) return Number(written);
  return url.startsWith("https:") ? 443 : 6333;
}
