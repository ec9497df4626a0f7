// Resolves credential references to their values. Messages name the reference, never what it holds.
import type { BaseCredential, OverlayCredential } from "@retriever/stores/config/credential.ts";
import { readCredentialText } from "@retriever/stores/config/credential-text.ts";
import { Secret } from "@retriever/stores/config/secret.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { mostFileBytes, readSmallFile } from "./small-file.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variable or file a reference names; undefined for a plain string. */
export function referenceOf(credential: BaseCredential | OverlayCredential): string | undefined {
  if (typeof credential === "string") return undefined;
  return "fromEnv" in credential ? credential.fromEnv : credential.fromFile;
}

type Place = {
  /** Of the credential in its document. */
  readonly path: string;
  /** Folders its file must be in; absent: any. */
  readonly within?: readonly string[] | undefined;
};

/** The value a credential stands for. Throws RETR_CREDENTIAL_MISSING or _INVALID. */
export function resolveCredential(
  credential: BaseCredential | OverlayCredential,
  env: Environment,
  { path, within }: Place,
): Secret {
  if (typeof credential === "string") return usable(credential, "it", path);
  if ("fromEnv" in credential) {
    const name = `variable ${credential.fromEnv}`;
    const value = env[credential.fromEnv] ?? "";
    if (value === "") throw missing(`${path}: ${name} isn't set in this container`, path);
    return usable(value, name, path);
  }
  const text = readSmallFile(credential.fromFile, within) ?? "";
  const name = `file ${credential.fromFile}`;
  const expected = `a regular file of at most ${mostFileBytes} bytes${within === undefined ? "" : " in its folder"}`;
  if (text === "") throw missing(`${path}: ${name} is missing, empty or not ${expected} in this container`, path);
  return usable(text, name, path);
}

function missing(message: string, path: string): RetrieverError {
  return new RetrieverError({ code: "RETR_CREDENTIAL_MISSING", message, path });
}

function usable(held: string, name: string, path: string): Secret {
  const read = readCredentialText(held);
  if ("text" in read) return new Secret(read.text);
  throw new RetrieverError({ code: "RETR_CREDENTIAL_INVALID", message: `${path}: ${name} ${read.fault}`, path });
}
