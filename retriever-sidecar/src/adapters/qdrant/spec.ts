// Qdrant's configuration with everything resolved.
import type { BaseAdapter } from "#contract/adapter.ts";
import type { Secret } from "#core/secret.ts";
import type { Tls } from "#core/store-spec.ts";

export type QdrantDocument = Extract<BaseAdapter, { kind: "qdrant" }>;
export type QdrantSpec = Omit<QdrantDocument, "apiKey" | "tls"> & {
  readonly apiKey: Secret | null;
  /** Null: plain text. */
  readonly tls: Tls | null;
};
