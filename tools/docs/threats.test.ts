// The pages of docs/security are held to the tests that they name: every threat and claim has one, and it is there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { missingOf, proofsIn } from "./proofs.ts";

const folder = join(import.meta.dirname, "../../docs/security");
const rowPattern = /^\| (.*) \|$/gm;

/** Cells of the tables whose last column names tests. */
function rowsOf(page: string, lastColumn: string): string[][] {
  const text = readFileSync(join(folder, page), "utf8");
  const [, table = ""] = text.split(`| ${lastColumn} |\n`);
  return [...table.matchAll(rowPattern)]
    .map(([, row = ""]) => row.split(" | "))
    .filter(([first]) => first !== undefined && !/^-+$/.test(first.replaceAll("|", "")));
}

const pages = [
  ["threats.md", "proved by"],
  ["hardening.md", "tried by"],
] as const;

describe.each(pages)("%s", (page, lastColumn) => {
  const rows = rowsOf(page, lastColumn);

  it("has a test behind every line, and each is there under its title", () => {
    expect(rows.length).toBeGreaterThan(10);
    const cells = rows.map((row) => row.at(-1) ?? "");
    expect(cells.filter((cell) => proofsIn(cell).length === 0)).toEqual([]);
    expect(cells.flatMap((cell) => proofsIn(cell).flatMap((proof) => missingOf(proof, folder)))).toEqual([]);
  });
});

it("threats are the classes S1 to S17, each once", () => {
  const named = rowsOf("threats.md", "proved by").map(([first = ""]) => first.split(":")[0]);
  expect(named).toEqual(Array.from({ length: 17 }, (_, index) => `S${index + 1}`));
});
