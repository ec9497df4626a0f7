// A Promote was given for the evidence of its moment; new evidence asks a person again.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";

/** The acts without a Promote. */
export function withoutPromote({ acts }: MigrationStatus): Pick<MigrationStatus, "acts"> {
  if (acts === undefined) return {};
  const { promotedBy: _promotedBy, ...kept } = acts;
  return { acts: kept };
}
