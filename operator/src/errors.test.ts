import { expect, test } from "vitest";
import { asOperatorError, bounded, errorTable, OperatorError } from "./errors.ts";

test("every code has a summary and a remedy that end as they should", () => {
  for (const [code, { summary, remedy }] of Object.entries(errorTable)) {
    expect(code).toMatch(/^ROP_[A-Z_]+$/);
    expect(summary).not.toMatch(/\.$/);
    expect(remedy).toMatch(/\.$/);
  }
});

test("an uncoded fault keeps its text out of the message", () => {
  const error = asOperatorError(new TypeError("token=secret-canary"));
  expect(error.code).toBe("ROP_UNEXPECTED");
  expect(error.message).not.toContain("secret-canary");
});

test("a coded fault stays what it is, with a bounded message", () => {
  const error = new OperatorError("ROP_CONFLICT", `a\n${"b".repeat(1000)}`);
  expect(asOperatorError(error)).toBe(error);
  expect(error.message.length).toBeLessThan(400);
  expect(error.retryable).toBe(true);
  expect(bounded("a\n b")).toBe("a b");
});
