// Where built binaries stay between runs, and how a build's key is made from all that goes into it.
// Writes nothing itself; who fills a folder does so beside it and renames it into place.
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";

/** `~/.cache/retriever-migration-operator`: nothing in it is needed, everything in it can be made again. */
export const cacheFolder = join(homedir(), ".cache", "retriever-migration-operator");

/** The cache's folder for one version of something: `<label>-<12 hex digits>` of everything that decides its content. */
export function versionFolder(label: string, inputs: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const input of inputs) {
    const bytes = Buffer.from(input);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return join(cacheFolder, `${label}-${hash.digest("hex").slice(0, 12)}`);
}
