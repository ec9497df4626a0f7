// Pages held to the tree: a path in backticks and a link within the repository lead somewhere.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { treePaths } from "../tree.ts";

const root = join(import.meta.dirname, "../..");
const paths = await treePaths(root);
const pages = paths.filter((path) => path.endsWith(".md"));
const topFolders = new Set(paths.filter((path) => path.includes("/")).map((path) => path.slice(0, path.indexOf("/"))));

/** Fenced blocks show commands and documents of others: what they name needn't be here. */
function proseOf(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, "");
}

/** `a/b.ts` of the repository: it begins with a folder of the root, or is a source file in a folder. */
function isPath(token: string): boolean {
  const [first = ""] = token.split("/", 1);
  if (!/^[\w.@<>*{},-]+(\/[\w.@<>*{},-]*)+$/.test(token) || token.startsWith("@")) return false;
  return topFolders.has(first) || /\.(ts|mjs|md)$/.test(token);
}

/** From the root, from the page's folder, or from one above it. `<kind>` stands for any one name. */
function isThere(token: string, page: string): boolean {
  const pattern = token.replaceAll(/<[^>]*>/g, "*").replace(/\/$/, "");
  const folders = [".", ...ancestorsOf(page)];
  return folders.some((folder) => globSync(join(folder, pattern), { cwd: root }).length > 0);
}

function ancestorsOf(page: string): string[] {
  const folder = dirname(page);
  return folder === "." ? [] : [folder, ...ancestorsOf(folder)];
}

function deadPaths(page: string, text: string): string[] {
  const tokens = [...proseOf(text).matchAll(/`([^`\n]+)`/g)].map(([, token = ""]) => token);
  return tokens.filter((token) => isPath(token) && !isThere(token, page)).map((token) => `${page}: ${token}`);
}

/** Anchors that a page states, and those that GitHub makes of its headings. */
function anchorsOf(text: string): string[] {
  const headings = [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  const named = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id);
  const made = headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
  return [...named, ...made];
}

function deadLinks(page: string, text: string): string[] {
  const targets = [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  const own = targets.filter((target) => !/^[a-z]+:/.test(target));
  return own.filter((target) => !leadsSomewhere(target, page)).map((target) => `${page}: ${target}`);
}

function leadsSomewhere(target: string, page: string): boolean {
  const [path = "", anchor] = target.split("#", 2);
  const file = path === "" ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(root, file))) return false;
  return anchor === undefined || anchorsOf(readFileSync(join(root, file), "utf8")).includes(anchor);
}

describe("the pages", () => {
  it.each(pages)("%s names paths and links that are there", (page) => {
    const text = readFileSync(join(root, page), "utf8");
    expect([...deadPaths(page, text), ...deadLinks(page, text)]).toEqual([]);
  });

  it("are caught when a path, a link or an anchor is gone", () => {
    const text =
      "`operator/src/attic.ts` [a](docs/attic.md) [b](#attic) [c](docs/gates.md#attic) `operator/src/main.ts`";
    expect(deadPaths("README.md", text)).toEqual(["README.md: operator/src/attic.ts"]);
    expect(deadLinks("README.md", text)).toEqual([
      "README.md: docs/attic.md",
      "README.md: #attic",
      "README.md: docs/gates.md#attic",
    ]);
  });

  it("may name a pattern, a folder above them, and whatever they like in a fenced block", () => {
    const text =
      "`stores/src/<kind>/kind.ts` `operator/src/core/` `clusters/real/README.md`\n```\n`operator/src/attic.ts`\n```\n";
    expect(deadPaths("e2e/bench/data/README.md", text)).toEqual([]);
  });
});
