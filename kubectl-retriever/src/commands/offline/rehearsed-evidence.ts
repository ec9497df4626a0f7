// The evidence that a rehearsed migration would leave: the same records, chained by the same hashes, as one file.
import { printChainFile } from "@retriever/operator/audit/chain-file.ts";
import { draftCounters, draftDecision, isCounting, isDecisive } from "@retriever/operator/audit/draft.ts";
import { chainStart, printRecord, seal } from "@retriever/operator/core/status/audit-record.ts";
import type { RehearsedMigration } from "#rehearse/manifest.ts";
import type { Recorded } from "#rehearse/operator-loop.ts";

const countersEveryMs = 60_000;

/** Counters once a minute, decisions as they come. */
export function makeEvidenceOfRehearsal({ meta }: RehearsedMigration) {
  const lines: string[] = [];
  let end = chainStart;
  let countersAt = Number.NEGATIVE_INFINITY;
  const record = (reconcile: Recorded): void => {
    const { now } = reconcile.input;
    const isDue = isCounting(reconcile.decision.status) && now - countersAt >= countersEveryMs;
    if (!isDecisive(reconcile) && !isDue) return;
    const draft = isDecisive(reconcile) ? draftDecision(reconcile) : draftCounters(reconcile);
    if (draft.kind === "counters") countersAt = now;
    const sealed = seal(draft, end);
    end = sealed;
    lines.push(printRecord(sealed));
  };
  return { record, print: () => printChainFile(meta, { after: chainStart, end, lines }) };
}
