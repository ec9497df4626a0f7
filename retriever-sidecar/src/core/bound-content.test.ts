import fc from "fast-check";
import { expect, test } from "vitest";
import { boundContent, maxContentBytes, maxMetadataBytes, maxTextBytes } from "./bound-content.ts";

const plain = { chunkId: "c", entityId: "e", similarity: 1, updatedAt: null };
const bytesOf = (text: string): number => Buffer.byteLength(text);

test("whatever chunks hold, an answer stays within its bytes, cuts no character and says what it left out", () => {
  const text = fc
    .tuple(fc.constantFrom("a", "ü", "語", "🙂"), fc.integer({ min: 0, max: 90_000 }))
    .map(([character, length]) => character.repeat(length));
  const metadata = fc.integer({ min: 0, max: 30_000 }).map((length) => ({ note: "n".repeat(length) }));
  type Content = { readonly text?: string; readonly metadata?: { readonly note: string } };
  const content: fc.Arbitrary<Content> = fc.record({ text, metadata }, { requiredKeys: [] });
  const property = fc.property(fc.array(content, { maxLength: 20 }), fc.nat(80), (contents, more) => {
    const long: Content[] = Array.from({ length: more }, () => ({ text: "x".repeat(maxTextBytes) }));
    const given = [...long, ...contents].map((each) => ({ ...plain, ...each }));
    const answered = boundContent(given);
    const sizes = answered.map((each) => bytesOf(each.text ?? "") + bytesOf(JSON.stringify(each.metadata ?? "")) - 2);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(maxContentBytes);
    for (const [index, each] of answered.entries()) {
      const whole = given[index] as (typeof given)[number];
      expect(bytesOf(each.text ?? "")).toBeLessThanOrEqual(maxTextBytes);
      expect(bytesOf(JSON.stringify(each.metadata ?? {}))).toBeLessThanOrEqual(maxMetadataBytes);
      expect((whole.text ?? "").startsWith(each.text ?? "")).toBe(true);
      expect((each.text ?? "").isWellFormed()).toBe(true);
      const isWhole = each.text === whole.text && JSON.stringify(each.metadata) === JSON.stringify(whole.metadata);
      expect(each.isCut ?? false).toBe(!isWhole);
    }
  });
  fc.assert(property, { numRuns: 30 });
});

test("candidates without content pass through as they are", () => {
  const [candidate] = boundContent([plain]);
  expect(candidate).toBe(plain);
});
