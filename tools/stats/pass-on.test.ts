import { describe, expect, it } from "vitest";
import { onlyPassesOn } from "./pass-on.ts";
import { parseFile } from "./syntax.ts";

const onlyPasses = (text: string): boolean => onlyPassesOn(parseFile({ path: "a.ts", text }).statements);

describe("a file that only", () => {
  it.each([
    ["re-exports a name", 'export { a } from "./b.ts";'],
    ["re-exports everything", 'export * from "./b.ts";'],
    ["exports what it imports", 'import { a } from "./b.ts";\nexport { a };'],
    ["gives another name to a value", 'import { a } from "./b.ts";\nexport const c = a;'],
    ["gives another name to a type", 'import type { A } from "./b.ts";\nexport type C = A;'],
    [
      "hands its arguments to a call",
      "export async function f({ a, b }: C): Promise<void> {\n  await a.g(b, true);\n}",
    ],
    ["returns a call", 'export function f(a: A) {\n  return g(a.b, { a, c: a.c }, "d", 1, null);\n}'],
    ["takes an argument apart for a call", "export function f(a: A) {\n  const { b } = a;\n  return g({ b });\n}"],
    ["is an arrow to a call", "export const f = (a: A) => g(a);"],
    ["is an arrow with a body", "export const f = (a: A) => {\n  return g(a);\n};"],
  ])("%s passes on", (_, text) => {
    expect(onlyPasses(text)).toBe(true);
  });

  it.each([
    ["defines a type", "export type A = { readonly b: string };"],
    ["derives a type", 'import type { A } from "./b.ts";\nexport type C = Partial<A>;'],
    ["describes a port", "export interface A {\n  b(): void;\n}"],
    ["holds a constant", "export const a = 0.2;"],
    ["computes", "export function f(a: number) {\n  return a < 1;\n}"],
    ["computes an argument", "export function f(a: number) {\n  return g(a + 1);\n}"],
    ["composes two calls", "export function f(a: A) {\n  return g(h(a));\n}"],
    ["repeats a call", "export function f(all: A[]) {\n  for (const a of all) g(a);\n}"],
    ["decides", "export function f(a?: A) {\n  if (a === undefined) return;\n  return g(a);\n}"],
    ["starts a process", 'import { run } from "./run.ts";\nprocess.exitCode = await run();'],
    ["adds to what it passes on", 'export * from "./b.ts";\nexport const a = 1;'],
    ["has no statement", "// Nothing."],
  ])("%s doesn't", (_, text) => {
    expect(onlyPasses(text)).toBe(false);
  });
});
