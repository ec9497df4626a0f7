// docs/glossary.md held to the code: each term is used where the page says it lives, and no replaced word is left.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { replacedWords, wordsOf } from "../stats/replaced-words.ts";
import { parseFile } from "../stats/syntax.ts";
import { wordsInSource } from "../stats/word-scan.ts";
import { readSource, treePaths } from "../tree.ts";

const root = join(import.meta.dirname, "../..");
const rows = readFileSync(join(root, "docs/glossary.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| (?!term \||word \|)/.test(line))
  .map((line) => line.slice(2, -2).split(" | "));
const terms = rows
  .filter((row) => row.length === 3)
  .flatMap(([names = "", , place = ""]) =>
    names.split(", ").map((name) => ({ name: name.replaceAll("`", ""), place: place.replaceAll("`", "") })),
  );
const paths = await treePaths(root);

/** Words of the sources at a path: of the file, or of all files in the folder. */
function wordsAt(place: string): string {
  const isFolder = existsSync(join(root, place)) && statSync(join(root, place)).isDirectory();
  const files = paths.filter((path) => (isFolder ? path.startsWith(`${place}/`) : path === place));
  const sources = files.filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));
  return ` ${sources.flatMap((path) => wordsOf(`${path} ${readSource(root, path).text}`)).join(" ")} `;
}

function isUsed({ name, place }: (typeof terms)[number]): boolean {
  return wordsAt(place).includes(` ${wordsOf(name).join(" ")} `);
}

describe("docs/glossary.md", () => {
  it("names places that exist", () => {
    expect(terms.filter(({ place }) => !existsSync(join(root, place)))).toEqual([]);
    expect(terms.length).toBeGreaterThan(50);
  });

  it("names terms that are used where they live", () => {
    expect(terms.filter((term) => !isUsed(term)).map(({ name }) => name)).toEqual([]);
  });

  it("explains every term once", () => {
    const names = terms.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it("lists the words that gave way, with what stands there now", () => {
    const listed = rows.filter((row) => row.length === 2).map(([word, instead]) => ({ word, instead }));
    expect(listed).toEqual(replacedWords.map(({ word, instead }) => ({ word, instead })));
  });

  it("lists words that no identifier and no string uses any more", () => {
    const sources = paths.filter((path) => path.endsWith(".ts") && !path.includes("/testdata/"));
    const uses = sources.flatMap((path) => wordsInSource(parseFile(readSource(root, path))));
    const left = new Set(uses.map(({ word }) => word));
    expect(replacedWords.map(({ word }) => word).filter((word) => left.has(word))).toEqual([]);
  });
});
