// Writes a volume's files as a kubelet does: a new timestamped directory, `..data` swapped by rename, a link per file.
// Synchronous, so that a reader sees the old files or the new ones and nothing between.
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Files } from "./volume-content.ts";

let sequence = 0;

/** Makes the directory hold exactly these files. */
export function publish(directory: string, files: Files, now: Date): void {
  mkdirSync(directory, { recursive: true });
  const data = join(directory, "..data");
  const old = linkTarget(data);
  sequence += 1;
  const stamp = now
    .toISOString()
    .replaceAll(/[-:TZ]/g, "_")
    .replace(/\.(\d+)_$/, ".$1");
  const fresh = `..${stamp}${sequence}`;
  mkdirSync(join(directory, fresh));
  for (const [name, content] of files) {
    mkdirSync(dirname(join(directory, fresh, name)), { recursive: true });
    writeFileSync(join(directory, fresh, name), content);
  }
  const temporary = join(directory, "..data_tmp");
  rmSync(temporary, { force: true });
  symlinkSync(fresh, temporary);
  renameSync(temporary, data);
  linkVisible(directory, files);
  if (old !== undefined) rmSync(join(directory, old), { recursive: true, force: true });
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // Not there yet: the first publication.
    return undefined;
  }
}

function linkVisible(directory: string, files: Files): void {
  const wanted = new Set([...files.keys()].map((name) => name.split("/")[0] ?? name));
  const present = new Set(readdirSync(directory).filter((name) => !name.startsWith("..")));
  for (const name of wanted) {
    if (!present.has(name)) symlinkSync(join("..data", name), join(directory, name));
  }
  for (const name of present) {
    if (!wanted.has(name) && lstatSync(join(directory, name)).isSymbolicLink()) rmSync(join(directory, name));
  }
}
