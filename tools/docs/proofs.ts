// Tests that pages name as proof: a link to the file, the words of its title behind it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Proof = { readonly file: string; readonly title: string | undefined };

/** Links to tests in one cell of a table. */
export function proofsIn(cell: string): Proof[] {
  const links = cell.matchAll(/\]\(([^)#]+\.ts)\)(?: "([^"]+)")?/g);
  return [...links].map(([, file = "", title]) => ({ file, title }));
}

/** What of a proof isn't there, seen from the page's folder; empty where all of it is. */
export function missingOf({ file, title }: Proof, folder: string): string[] {
  const path = join(folder, file);
  if (!existsSync(path)) return [file];
  // A title may have names put in.
  return title === undefined || readFileSync(path, "utf8").includes(title) ? [] : [`${file}: ${title}`];
}
