// Chains of small records, and files of them.

import { printChainFile } from "#audit/chain-file.ts";
import { chainStart, type EvidenceDraft, type EvidenceRecord, printRecord, seal } from "#core/status/audit-record.ts";

export const subject = { namespace: "search", name: "docs-to-qdrant", uid: "uid-1" };

/** A record of counters, without a place in a chain. */
export function aDraft(more: Partial<EvidenceDraft> = {}): EvidenceDraft {
  return {
    schema: 1,
    at: "2026-01-01T00:00:00.000Z",
    migration: subject,
    phase: "Ramp",
    epoch: 3,
    verdicts: [],
    missing: 0,
    kind: "counters",
    pods: 3,
    totals: null,
    dispersion: null,
    guard: null,
    harm: null,
    ...more,
  } as EvidenceDraft;
}

/** Links of a chain, each behind the one before. */
export function aChain(drafts: readonly EvidenceDraft[], after = chainStart): EvidenceRecord[] {
  const records: EvidenceRecord[] = [];
  for (const draft of drafts) records.push(seal(draft, records.at(-1) ?? after));
  return records;
}

/** The file of records that follow `after`. */
export function aChainFile(records: readonly EvidenceRecord[], after = chainStart): string {
  const end = records.at(-1) ?? after;
  return printChainFile(subject, { after, end, lines: records.map(printRecord) });
}
