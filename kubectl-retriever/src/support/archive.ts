// Files as one .tar.gz in memory. Bounded by who collects them.
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pack } from "tar-stream";

/** One file of an archive; `path` is relative, with slashes. */
export type Entry = { readonly path: string; readonly text: string };

/** The archive's bytes. `at` is when its files were made. */
export async function makeArchive(folder: string, entries: readonly Entry[], at: Date): Promise<Uint8Array> {
  const archive = pack();
  for (const { path, text } of entries)
    archive.entry({ name: `${folder}/${below(path)}`, mtime: at, mode: 0o600 }, text);
  archive.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of archive as AsyncIterable<Uint8Array>) parts.push(part);
  return promisify(gzip)(Buffer.concat(parts));
}

/** A path that stays below its folder, whatever names it is made of. */
function below(path: string): string {
  return path.replaceAll(/[^\w./-]/g, "_").replaceAll(/(^|\/)\.+(?=\/|$)/g, "$1_");
}
