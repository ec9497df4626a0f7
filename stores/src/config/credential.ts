// Credentials by reference. What a reference resolves to never appears in a schema, a status or a log.
import { z } from "zod";
import { doc } from "./field-doc.ts";

/** Environment variables an overlay may name. A base may name any variable. */
export const credentialEnvPattern = /^RETRIEVER_CRED_[A-Z0-9_]{1,64}$/;

/** The only folder whose files an overlay may name. */
export const credentialFolder = "/etc/retriever/credentials";

/** Files an overlay may name: credentials, and authorities beside or among them. */
export const overlayFolders: readonly string[] = [credentialFolder, "/etc/retriever/ca"];

/** Files an overlay may name, each in one spelling. */
export const credentialFilePattern = /^\/etc\/retriever\/credentials\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const variableMeaning = "Environment variable of the sidecar's container, named RETRIEVER_CRED_*; or fromFile.";
const fileMeaning = "File directly under /etc/retriever/credentials in the sidecar's container; or fromEnv.";

/**
 * Reference that may stand in an overlay: bound to the variables and files set aside for migrations. Of variable and
 * file, an example that is taken and one that is refused.
 */
export function overlayCredential(variable: readonly [string, string], file: readonly [string, string]) {
  return z.union(
    [
      z.strictObject({
        fromEnv: z
          .string()
          .max(80)
          .regex(credentialEnvPattern, "expected a variable named RETRIEVER_CRED_*")
          .meta(doc(variableMeaning, ...variable)),
      }),
      z.strictObject({
        fromFile: z
          .string()
          .max(160)
          .regex(credentialFilePattern, `expected a file directly under ${credentialFolder}`)
          .meta(doc(fileMeaning, ...file)),
      }),
    ],
    `expected { fromEnv: RETRIEVER_CRED_NAME } or { fromFile: ${credentialFolder}/NAME }`,
  );
}

/** Credential of a base: a reference to any variable or file, or (for compatibility, with a warning) a plain string. */
export const baseCredentialSchema = z.union(
  [
    z.string().min(1),
    z.strictObject({ fromEnv: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
    z.strictObject({
      fromFile: z
        .string()
        .max(4096)
        .regex(/^\/\P{Cc}*$/u, "expected an absolute path"),
    }),
  ],
  "expected { fromEnv: VARIABLE }, { fromFile: /ABSOLUTE/PATH } or a text that isn't empty",
);

export type OverlayCredential = z.infer<ReturnType<typeof overlayCredential>>;
export type BaseCredential = z.infer<typeof baseCredentialSchema>;
