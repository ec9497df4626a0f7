// What a browser loads beside the pages. `make cli-bundle` puts the script into the bundle.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The script of the pages, a module without imports. */
export function clientScript(): string {
  return readFileSync(join(import.meta.dirname, "client.mjs"), "utf8");
}
