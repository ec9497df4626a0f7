// Files that generators own. With --check nothing is written: what is stale is named, and the exit code is 1.
import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** Undefined when it can't be read. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Makes a file hold this text; undefined: makes it go. */
export function settle(file: string, text: string | undefined): void {
  if (readIfThere(file) === text) return;
  if (process.argv.includes("--check")) {
    process.stdout.write(`${file} is stale; run make generate\n`);
    process.exitCode = 1;
  } else if (text === undefined) rmSync(file);
  else writeFileSync(file, text);
}
