// Findings of a store's check.
import { type ErrorCode, errorTable, type RetrieverError } from "#errors.ts";
import type { Finding } from "#ports/store-check.ts";

export function finding(level: Finding["level"], field: string, found: string, remedy: string | null = null): Finding {
  return { level, field, found, remedy };
}

/** Of a fault of the store. `fields`: which field of the kind's configuration each code is about. */
export function faultFinding(
  { code, message }: RetrieverError,
  fields: Readonly<Partial<Record<ErrorCode, string>>>,
): Finding {
  return finding("fails", fields[code] ?? "timeoutMs", message, errorTable[code].remedy);
}
