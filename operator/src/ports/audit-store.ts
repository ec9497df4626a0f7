// Where audit trails are kept: one chain of records per migration. It grows at its end only, and drops its oldest part.

import type { MigrationMeta } from "#core/model/migration.ts";
import type { AuditRecord, ChainEnd } from "#core/status/audit-record.ts";

export type AuditSubject = Pick<MigrationMeta, "namespace" | "name" | "uid">;

/** Where the chain of one migration ends, and the place of that end; only the store knows what `place` is. */
export type StoredEnd = ChainEnd & { readonly place: unknown };

export interface AuditStore {
  /** The end as it is in the cluster now; that of an empty chain when there is nothing. */
  readEnd(subject: AuditSubject, signal: AbortSignal): Promise<StoredEnd>;
  /**
   * Adds one record behind `end`, all or nothing, and returns the new end.
   * Fails with ROP_CONFLICT when somebody else added to the chain since `end` was read.
   */
  append(subject: AuditSubject, end: StoredEnd, record: AuditRecord, signal: AbortSignal): Promise<StoredEnd>;
}

/** The kept part of a chain, oldest first, as text: what it proves is judged by whoever reads it. */
export type KeptChain = {
  /** The end of the part that was dropped; null when it can't be read. */
  readonly after: ChainEnd | null;
  readonly end: ChainEnd | null;
  readonly lines: readonly string[];
};

export interface EvidenceReader {
  /** Undefined when nothing is recorded. */
  readChain(subject: AuditSubject, signal: AbortSignal): Promise<KeptChain | undefined>;
}
