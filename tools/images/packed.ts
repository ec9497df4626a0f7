// Archives whose bytes depend on names, modes and contents of files alone, with one time for all: equal folders give
// equal archives. Written by GNU tar.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { runOrThrow } from "../run-command.ts";

/** Writes the folder's content, or of it the entries named, as `file`. */
export async function packFolder(folder: string, file: string, atSeconds: number, entries: readonly string[] = ["."]) {
  const same = ["--format=gnu", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--hard-dereference"];
  const words = ["tar", "-C", folder, ...same, `--mtime=@${atSeconds}`, "-cf", file, ...entries];
  await runOrThrow(["env", "LC_ALL=C", ...words], { cwd: folder, deadlineSeconds: 300 });
}

/** Writes `file` compressed as `target`. No time and no name go into it. */
export async function compressFile(file: string, target: string): Promise<void> {
  await pipeline(createReadStream(file), createGzip({ level: 6 }), createWriteStream(target));
}

export function sha256Of(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

export function sha256OfFile(file: string): string {
  return sha256Of(readFileSync(file));
}
