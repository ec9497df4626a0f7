// pgvector's configuration with everything resolved, whichever form it was written in.
import type { BaseAdapter, OverlayAdapter } from "#contract/adapter.ts";
import type { Secret } from "#core/secret.ts";
import type { Tls } from "#core/store-spec.ts";

export type PgvectorBase = Extract<BaseAdapter, { kind: "pgvector" }>;
export type PgvectorOverlay = Extract<OverlayAdapter, { kind: "pgvector" }>;
export type PgvectorSpec = Omit<PgvectorBase, "connectionString" | "tls"> & {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: Secret;
  readonly password: Secret | null;
  /** Null: plain text. */
  readonly tls: Tls | null;
};
