// What makes two configurations the same store: kind, host, port, place and vector. No credential, no tuning.
import { hash } from "node:crypto";

export type StoreLocation = {
  readonly kind: string;
  readonly host: string;
  readonly port: number;
  /** `database/schema.table` of pgvector, the collection of Qdrant. */
  readonly place: string;
  /** Column or named vector of the place; absent: the kind's default. */
  readonly vector?: string | undefined;
};

export type StoreIdentity = {
  readonly kind: string;
  /** `kind://host:port/place`, with `#vector` where it isn't the default. For people. */
  readonly label: string;
  /** First 32 hex digits of the label's SHA-256. */
  readonly digest: string;
  /**
   * The digest without the vector, by which earlier versions know the store: equal for all vectors of a place. Absent
   * from what such a version wrote, whose `digest` it is.
   */
  readonly placeDigest?: string | undefined;
};

/** Identity of a location. Pure; host names compare without case. */
export function identityOf({ kind, host, port, place, vector }: StoreLocation): StoreIdentity {
  const placeLabel = `${kind}://${host.toLowerCase()}:${port}/${place}`;
  const label = vector === undefined ? placeLabel : `${placeLabel}#${vector}`;
  return { kind, label, digest: digestOf(label), placeDigest: digestOf(placeLabel) };
}

function digestOf(label: string): string {
  return hash("sha256", label).slice(0, 32);
}

type Known = Pick<StoreIdentity, "digest" | "placeDigest">;

/** Whether two identities are of one store. What a version wrote that knew no vectors is compared by the place alone. */
export function isSameStore(a: Known, b: Known): boolean {
  if (a.digest === b.digest) return true;
  return (a.placeDigest === undefined || b.placeDigest === undefined) && isSamePlace(a, b);
}

/** Whether two identities are of one table or collection, whichever of its vectors. */
export function isSamePlace(a: Known, b: Known): boolean {
  return (a.placeDigest ?? a.digest) === (b.placeDigest ?? b.digest);
}

/** Whether a program of this or an earlier version calls the store by this digest. */
export function isCalled({ digest, placeDigest }: Known, called: string): boolean {
  return called === digest || called === placeDigest;
}

/** The identity as a version writes it that knows no vectors. */
export function withoutVector({ kind, label, digest, placeDigest = digest }: StoreIdentity): StoreIdentity {
  return { kind, label: placeDigest === digest ? label : placeLabelOf(label, placeDigest), digest: placeDigest };
}

/** A vector's name may hold a `#` itself. */
function placeLabelOf(label: string, placeDigest: string): string {
  for (let end = label.indexOf("#"); end >= 0; end = label.indexOf("#", end + 1)) {
    if (digestOf(label.slice(0, end)) === placeDigest) return label.slice(0, end);
  }
  return label;
}
