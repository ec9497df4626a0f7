// What makes two configurations the same store: kind, host, port and place. No credential, no tuning.
import { hash } from "node:crypto";

export type StoreLocation = {
  readonly kind: string;
  readonly host: string;
  readonly port: number;
  /** `database/schema.table` of pgvector, the collection of Qdrant. */
  readonly place: string;
};

export type StoreIdentity = {
  readonly kind: string;
  /** `kind://host:port/place`, for people. */
  readonly label: string;
  /** First 32 hex digits of the label's SHA-256; equality of stores everywhere means equality of digests. */
  readonly digest: string;
};

/** Identity of a location. Pure; host names compare without case. */
export function identityOf(location: StoreLocation): StoreIdentity {
  const label = `${location.kind}://${location.host.toLowerCase()}:${location.port}/${location.place}`;
  return { kind: location.kind, label, digest: hash("sha256", label).slice(0, 32) };
}
