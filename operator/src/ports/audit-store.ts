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
  /** What the operator wrote at the end, by `report.html`, `report.md` and `report.json`; undefined when it isn't there. */
  readReport(subject: AuditSubject, signal: AbortSignal): Promise<ReportFiles | undefined>;
}

export type ReportFiles = Readonly<Record<string, string>>;

/** The report of a migration that has ended, at most one. */
export interface ReportStore {
  /** Hash of the last record that it was made from; undefined when there is none. */
  readHash(subject: AuditSubject, signal: AbortSignal): Promise<string | undefined>;
  /** Replaces the one that is there. Fails with ROP_NAME_TAKEN where its place is somebody else's, with ROP_CONFLICT where it was written meanwhile. */
  write(subject: AuditSubject, report: { hash: string; files: ReportFiles }, signal: AbortSignal): Promise<void>;
}
