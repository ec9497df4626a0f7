// Fields that several kinds of store share.
import { z } from "zod";
import { doc, type FieldDoc } from "./field-doc.ts";

export const tlsSchema = z.strictObject({
  caFile: z
    .string()
    .regex(/^\/\P{Cc}*$/u, "expected an absolute path")
    .max(160)
    .optional()
    .meta(
      doc(
        "PEM file of the authority that signed the store's certificate; the system's authorities when absent.",
        "/etc/retriever/ca/store.pem",
        "ca.pem",
      ),
    ),
});

/** As an overlay names it: in a folder that is set aside for it, without a step up. */
export const overlayTlsSchema = z.strictObject({
  caFile: z
    .string()
    .max(160)
    .regex(
      /^\/etc\/retriever\/(ca|credentials)(\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}){1,4}$/,
      "expected a file below /etc/retriever/ca or /etc/retriever/credentials",
    )
    .optional()
    .meta(
      doc(
        "PEM file, below /etc/retriever/ca or /etc/retriever/credentials, of the authority that signed the store's certificate; the system's authorities when absent.",
        "/etc/retriever/ca/store.pem",
        "/etc/ssl/store.pem",
      ),
    ),
});

export const timeoutMsSchema = z
  .int()
  .min(10)
  .max(60_000)
  .default(5000)
  .meta(doc("Deadline of one request to the store, in milliseconds.", 2000, 5));

/** `kind` of one store's documents. */
export function kindSchema<Kind extends string>(kind: Kind) {
  return z.literal(kind).meta(doc("Which store it is; decides which other fields there are.", kind, "milvus"));
}

/** Docs of `namespaceField`, whose examples are the store's own. */
export function namespaceDoc(taken: string, refused: string): FieldDoc {
  return doc("Column or payload key that keeps the namespaces apart.", taken, refused);
}
