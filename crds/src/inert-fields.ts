// What the API takes and nobody acts on yet: said where people read about a field, and held to the code by a test.
// Whoever makes a field act takes its line away here; nothing else has to change.
import type { CheckName } from "./checklist-spec.ts";

/** Checks that nobody answers yet: they are Unknown, and block unless they are skipped. */
export const unansweredChecks: readonly CheckName[] = [];

/** Fields of RetrieverMigration that do nothing, or not everything; with the words that say so. */
export const inertFields: Readonly<Record<string, string>> = {};

/** Descriptions with these words behind them. */
export function withInert(
  descriptions: Readonly<Record<string, string>>,
  inert: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const marked = Object.entries(inert).map(([path, words]) => [path, `${descriptions[path]} ${words}`]);
  return { ...descriptions, ...Object.fromEntries(marked) };
}

/** The fields of the spec with the checks nobody answers among them. */
export function inertSpecFields(): Readonly<Record<string, string>> {
  const checks = unansweredChecks.map((name) => [`spec.checklist.${name}.policy`, "Nobody answers it yet."]);
  return { ...inertFields, ...Object.fromEntries(checks) };
}
