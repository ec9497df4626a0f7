// The agreed fields of a chunk as two words, the same whichever store they come from and however it writes them.
import type { FieldKind } from "#ports/chunk-store.ts";
import { canonicalText, type ValueRule } from "./canonical-value.ts";
import { scramble } from "./element-hash.ts";

/** What a store's payloads are digested by: a rule for each agreed field, in their order. */
export type DigestRules = readonly ValueRule[];

/** The rules for these fields; null: what the other store knows isn't known. */
export function digestRules(fields: readonly string[], kinds: readonly FieldKind[] | null): DigestRules {
  return fields.map((_, index) => (kinds === null ? null : (kinds[index] ?? "exact")));
}

/** An entity's name: stores keep it as text or as a number, applications see text. */
export function canonicalName(value: unknown): string {
  if (value === null || value === undefined) return "0";
  if (typeof value === "string") return `s${value}`;
  const text = canonicalText(value, "number");
  return `s${text.startsWith("n") ? text.slice(1) : text}`;
}

/** A namespace: a search asks for it as text, which finds no number. */
function canonicalNamespace(value: unknown): string {
  return typeof value === "string" ? `s${value}` : canonicalText(value);
}

/** Digest of entity, namespace and the agreed fields, in the order both stores are given them: 64 bits in two words. */
export function digestPayload(
  entity: unknown,
  namespace: unknown,
  fields: readonly unknown[],
  rules: DigestRules = [],
): readonly [number, number] {
  const values = fields.map((value, index) => canonicalText(value, rules[index]));
  const parts = [canonicalName(entity), canonicalNamespace(namespace), ...values];
  let first = 0x3c6ef372;
  let second = 0x1f83d9ab;
  for (const part of parts) {
    for (let index = 0; index < part.length; index += 1) {
      const code = part.charCodeAt(index);
      first = Math.imul(first ^ code, 0x9e3779b1) ^ (second >>> 15);
      second = Math.imul(second ^ code, 0x85ebca77) ^ (first >>> 13);
    }
    // A boundary that no text holds, so that nothing can move from one field to the next.
    first = scramble(first ^ 0x10000);
    second = scramble(second ^ part.length ^ 0x20000);
  }
  return [scramble(first ^ Math.imul(second, 5)), scramble(second ^ Math.imul(first, 9))];
}

/** Hex of two words. */
export function hexOf(high: number, low: number): string {
  return (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");
}
