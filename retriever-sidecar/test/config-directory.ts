// A config directory as the kubelet keeps it: files behind the link `..data`, swapped as a whole.
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type ConfigDirectory = {
  readonly path: string;
  /** Replaces all files at once. */
  readonly write: (files: Readonly<Record<string, string>>) => void;
  readonly remove: () => void;
};

/** An empty directory with a first, empty generation. */
export function makeConfigDirectory(): ConfigDirectory {
  const path = mkdtempSync(join(tmpdir(), "retriever-config-"));
  let generation = 0;
  const write = (files: Readonly<Record<string, string>>): void => {
    generation += 1;
    const folder = `..generation-${generation}`;
    mkdirSync(join(path, folder));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, folder, name), text);
    symlinkSync(folder, join(path, "..data_tmp"));
    renameSync(join(path, "..data_tmp"), join(path, "..data"));
    rmSync(join(path, `..generation-${generation - 1}`), { recursive: true, force: true });
  };
  return { path, write, remove: () => rmSync(path, { recursive: true, force: true }) };
}
