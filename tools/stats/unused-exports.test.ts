import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { parseFile } from "./syntax.ts";
import { unusedExports } from "./unused-exports.ts";

/** Names that stay unused in a tree of these files, each after its path. */
function unusedIn(tree: Readonly<Record<string, string>>): string[] {
  const files = Object.entries(tree).map(([path, text]) => parseFile({ path, text }));
  const resolve = (from: string, specifier: string) =>
    specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : undefined;
  return unusedExports(files, resolve).map(({ path, line, name }) => `${path}:${line} ${name}`);
}

describe("an export", () => {
  it("that only its own file uses is unused, types included", () => {
    const text =
      "// é\nexport type A = string;\nexport function f(a: A) {\n  return g(a);\n}\nexport const g = (a: A) => a;\n";
    expect(unusedIn({ "a.ts": text, "b.ts": 'import { f } from "./a.ts";\nf("b");\n' })).toEqual([
      "a.ts:2 A",
      "a.ts:6 g",
    ]);
  });

  it.each([
    ["by its name", 'import { f } from "../a.ts";'],
    ["under another name", 'import { f as other } from "../a.ts";'],
    ["as a type", 'import type { f } from "../a.ts";'],
    ["by a test", 'import { f } from "../a.ts";'],
    ["by a re-export", 'export { f } from "../a.ts";\n'],
    ["with all others", 'import * as all from "../a.ts";'],
    ["by export of all", 'export * from "../a.ts";'],
    ["when it is needed", 'const { f } = await import("../a.ts");'],
  ])("that another file imports %s is used", (how, text) => {
    const importer = how === "by a test" ? "b/a.test.ts" : "b/c.ts";
    const left = unusedIn({ "a.ts": "export class f {}\n", [importer]: text });
    expect(left.filter((place) => place.startsWith("a.ts"))).toEqual([]);
  });

  it.each(['import "./a.ts";', 'import { f } from "./other/a.ts";', 'import { f } from "a";'])(
    "isn't used by %s",
    (text) => {
      expect(unusedIn({ "a.ts": "export interface f {}\n", "b.ts": text })).toEqual(["a.ts:1 f"]);
    },
  );

  it("that is a tool's configuration is read by the tool; any other default export is not", () => {
    const text = "export default {};\n";
    expect(unusedIn({ "vitest.config.ts": text, "a.ts": text, "b.ts": "const c = 1;\nexport { c as d };\n" })).toEqual([
      "a.ts:1 default",
      "b.ts:2 d",
    ]);
  });
});

it("names the file that can't be parsed", () => {
  expect(() => unusedIn({ "a.ts": "const" })).toThrow("a.ts can't be parsed");
});
