// What a migration is decided by, as one table: the gates of its stage and the lines of harm, with value, interval, limit, n.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { type EvidenceRow, evidenceRows } from "@retriever/operator/page/evidence-rows.ts";
import { renderTable } from "#text/table.ts";

const head = ["BAD", "95 % INTERVAL", "LIMIT", "N"];

/** Gates first, then harm, most evidence first; each part with its head, none where there is nothing. */
export function renderEvidence(status: MigrationStatus, plan: MigrationSpec | undefined): string[] {
  const rows = evidenceRows(status, plan);
  const part = (kind: EvidenceRow["kind"], titles: readonly string[]): (readonly string[])[] => {
    const own = rows.filter((row) => row.kind === kind);
    const cells = own.map(({ name, value, interval, limit, n, verdict }) => [name, value, interval, limit, n, verdict]);
    return own.length === 0 ? [] : [titles, ...cells];
  };
  return renderTable(
    [...part("gate", ["GATE", ...head, "VERDICT"]), ...part("harm", ["HARM", ...head, "EVIDENCE"])],
    "   ",
  );
}
