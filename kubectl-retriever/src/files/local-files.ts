// The files of the machine the command line runs on.
import { isUtf8 } from "node:buffer";
import { createReadStream, type Dirent } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Files } from "./files.ts";

/**
 * Reads no more than `largestBytes`; a mistyped path to something huge ends early. `input` is the standard input, which
 * isn't touched before it is read: its descriptor alone has nothing to read where a program before the pipe is slow.
 */
export function makeLocalFiles(largestBytes: number, input: () => AsyncIterable<Buffer>): Files {
  return {
    read: async (path) => {
      const stream: AsyncIterable<Buffer> = path === "-" ? input() : createReadStream(path);
      const parts: Buffer[] = [];
      let size = 0;
      for await (const part of stream) {
        size += part.length;
        if (size > largestBytes) throw unusable("EFBIG", `it is larger than ${largestBytes / 1024 / 1024} MiB`);
        parts.push(part);
      }
      return decode(Buffer.concat(parts));
    },
    write: async (path, text) => writeFile(named(path), text),
    create: async (path, bytes) => writeFile(named(path), bytes, { flag: "wx", mode: 0o600 }),
    manifestsIn: async (path, deep) => {
      const found = path === "-" ? undefined : await stat(path).catch(() => undefined);
      if (found?.isDirectory() !== true) return undefined;
      return (await manifestsBelow(path, deep)).toSorted();
    },
  };
}

/** A folder that can't be read is among them itself: who reads it is told why. */
async function manifestsBelow(path: string, deep: boolean): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [path];
  const found: string[] = [];
  for (const entry of entries) {
    const file = join(path, entry.name);
    if (entry.isDirectory()) found.push(...(deep ? await manifestsBelow(file, deep) : []));
    else if (/\.(ya?ml|json)$/.test(entry.name) && (await isManifest({ entry, file }))) found.push(file);
  }
  return found;
}

/** Of links as well: a mounted ConfigMap has nothing else. One that leads nowhere is told of when it is read. */
async function isManifest({ entry, file }: { readonly entry: Dirent; readonly file: string }): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  const target = await stat(file).catch(() => undefined);
  return target === undefined || target.isFile();
}

/** Words stand on the standard output beside what is written: it is no place for a file. */
function named(path: string): string {
  if (path === "-") throw unusable("ENONAME", "expected the name of a file");
  return path;
}

/** Of UTF-8 alone: of anything else would be left what nobody wrote. */
function decode(bytes: Buffer): string {
  if (!isUtf8(bytes) || bytes.includes(0)) throw unusable("EILSEQ", "it is no UTF-8 text");
  return bytes.toString("utf8");
}

function unusable(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
