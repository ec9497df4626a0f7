// Findings of a store's check.
import { type ErrorCode, errorTable, type RetrieverError } from "#errors.ts";
import type { FieldFindings } from "#filter/findings.ts";
import type { Finding } from "#ports/store-check.ts";

export function finding(level: Finding["level"], field: string, found: string, remedy: string | null = null): Finding {
  return { level, field, found, remedy };
}

/** Of declared fields: what can't be filtered by fails, what no index serves is slow. */
export function fieldFindings({ filterFaults, unindexed }: FieldFindings): Finding[] {
  return [
    ...filterFaults.map((fault) => finding("fails", "filterable", fault, "correct the field's type, or the store")),
    ...unindexed.map((name) => finding("slow", "filterable", `no index serves filters by ${name}`, "create one")),
  ];
}

/** Of a fault of the store. `fields`: which field of the kind's configuration each code is about. */
export function faultFinding(
  { code, message }: RetrieverError,
  fields: Readonly<Partial<Record<ErrorCode, string>>>,
): Finding {
  return finding("fails", fields[code] ?? "timeoutMs", message, errorTable[code].remedy);
}
