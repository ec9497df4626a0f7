// Resolves credential references to their values. Messages name the reference, never what it holds.
import { readFileSync } from "node:fs";
import type { BaseCredential, OverlayCredential } from "@retriever/stores/config/credential.ts";
import { Secret } from "@retriever/stores/config/secret.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variable or file a reference names; undefined for a plain string. */
export function referenceOf(credential: BaseCredential | OverlayCredential): string | undefined {
  if (typeof credential === "string") return undefined;
  return "fromEnv" in credential ? credential.fromEnv : credential.fromFile;
}

/** The value a credential stands for. Throws RETR_CREDENTIAL_MISSING, with `path` as the place. */
export function resolveCredential(
  credential: BaseCredential | OverlayCredential,
  env: Environment,
  path: string,
): Secret {
  if (typeof credential === "string") return new Secret(credential);
  if ("fromEnv" in credential) {
    return nonEmpty(
      env[credential.fromEnv],
      `${path}: variable ${credential.fromEnv} isn't set in this container`,
      path,
    );
  }
  const missing = `${path}: file ${credential.fromFile} is missing, empty or unreadable in this container`;
  return nonEmpty(readText(credential.fromFile), missing, path);
}

function nonEmpty(value: string | undefined, message: string, path: string): Secret {
  if (value === undefined || value === "") throw new RetrieverError({ code: "RETR_CREDENTIAL_MISSING", message, path });
  return new Secret(value);
}

/** A file's text without its last line break; undefined when it can't be read. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch {
    return undefined;
  }
}
