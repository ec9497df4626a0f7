// What was found of the declared fields: as facts of a probe, and as findings of a check.
import type { ProbeFacts } from "#ports/backend.ts";
import type { Finding } from "#ports/store-check.ts";
import { finding } from "#values/findings.ts";

export type FieldFindings = {
  /** A sentence for each field by which the store can't be filtered. */
  readonly filterFaults: readonly string[];
  /** Names of fields without an index that serves their filters. */
  readonly unindexed: readonly string[];
};

const mostNamed = 10;

/** Fields without an index are slow, nothing worse: a remark. */
export function withFindings(facts: ProbeFacts, { filterFaults, unindexed }: FieldFindings): ProbeFacts {
  const named = unindexed.slice(0, mostNamed).join(", ");
  const more = unindexed.length > mostNamed ? ` and ${unindexed.length - mostNamed} more` : "";
  const remarks = unindexed.length === 0 ? [] : [`no index serves filters by ${named}${more}`];
  return { ...facts, filterFaults, remarks: [...(facts.remarks ?? []), ...remarks] };
}

/** What can't be filtered by fails, what no index serves is slow. */
export function fieldFindings({ filterFaults, unindexed }: FieldFindings): Finding[] {
  return [
    ...filterFaults.map((fault) => finding("fails", "filterable", fault, "correct the field's type, or the store")),
    ...unindexed.map((name) => finding("slow", "filterable", `no index serves filters by ${name}`, "create one")),
  ];
}
