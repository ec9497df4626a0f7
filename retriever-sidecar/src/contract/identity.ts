// What makes two configurations the same store: kind, host, port and place. No credential, no tuning.
import { hash } from "node:crypto";
import type { OverlayAdapter } from "./adapter.ts";

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

/** Location that an overlay's adapter names. Never throws for a parsed adapter. */
export function locateOverlayAdapter(adapter: OverlayAdapter): StoreLocation {
  if (adapter.kind === "pgvector") {
    const place = `${adapter.database}/${adapter.schema}.${adapter.table}`;
    return { kind: "pgvector", host: adapter.host, port: adapter.port, place };
  }
  return locateQdrant(adapter.url, adapter.collection);
}

/** Location of a collection. An absent port is the scheme's own for https and Qdrant's 6333 for http. */
export function locateQdrant(url: string, collection: string): StoreLocation {
  const parsed = new URL(url);
  const defaultPort = parsed.protocol === "https:" ? 443 : 6333;
  const port = parsed.port === "" ? defaultPort : Number(parsed.port);
  return { kind: "qdrant", host: parsed.hostname, port, place: collection };
}

/** Location of a Postgres connection string. Throws TypeError when it isn't a URL. */
export function locatePostgres(connectionString: string, schema: string, table: string): StoreLocation {
  const parsed = new URL(connectionString);
  const host = parsed.searchParams.get("host") ?? parsed.hostname;
  const port = parsed.port === "" ? 5432 : Number(parsed.port);
  const database = decodeURIComponent(parsed.pathname.slice(1)) || decodeURIComponent(parsed.username);
  return { kind: "pgvector", host, port, place: `${database}/${schema}.${table}` };
}
