// What a document only refers to (credentials, CA files), looked up in the pod that reads it.
import type { ErrorCode } from "#errors.ts";
import type { BaseCredential, OverlayCredential } from "./credential.ts";
import type { Secret } from "./secret.ts";
import type { Tls } from "./store-spec.ts";

/** Each method throws a RetrieverError with the field's place. */
export type Lookup = {
  /** `field` is the credential's name within the adapter. */
  readonly credential: (credential: BaseCredential | OverlayCredential, field: string) => Secret;
  /** Text of `caFile`; null for the system's authorities. */
  readonly authority: (caFile: string | undefined) => string | null;
  /** A variable of the pod's; undefined: there is none. */
  readonly variable: (name: string) => string | undefined;
  /** The error of a field that the schema can't check; RETR_CONFIG_INVALID unless another code is given. */
  readonly refuse: (field: string, message: string, code?: ErrorCode) => Error;
};

/** TLS of a store that is reached with it. */
export function tlsOf(tls: { readonly caFile?: string | undefined } | undefined, lookup: Lookup): Tls {
  return { ca: lookup.authority(tls?.caFile) };
}
