// Reads base and overlay out of the config directory, both from one generation of the volume.
import { hash } from "node:crypto";
import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "@retriever/stores/errors.ts";
import { codeOf } from "@retriever/stores/values/node-error.ts";
import { printable } from "@retriever/stores/values/printable.ts";
import { baseFileNames } from "#contract/base.ts";
import { overlayFileName } from "#contract/overlay.ts";
import { mostConfigBytes, readNamedFile } from "./small-file.ts";

type FileReading = { readonly text: string } | { readonly fault: Fault };
export type DirectoryReading = {
  readonly base: FileReading;
  readonly overlay: FileReading | "absent";
  /** Changes whenever anything above does. */
  readonly digest: string;
};

/** Of a directory that holds something else, for a message. */
const mostNames = 10;
const attempts = 3;

/** What the directory holds now. Never throws: what can't be read is a fault in its place. */
export function readDirectory(directory: string): DirectoryReading {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return readGeneration(generationOf(directory));
    } catch (error) {
      // The kubelet removes the old generation right after the swap; the next attempt finds the new one.
      if (attempt < attempts && isGone(error)) continue;
      return unreadable(directory);
    }
  }
}

/** A projected volume keeps its files behind the link `..data`; following it once keeps base and overlay together. */
function generationOf(directory: string): string {
  try {
    return realpathSync(join(directory, "..data"));
  } catch {
    return directory;
  }
}

function readGeneration(directory: string): DirectoryReading {
  const names = readdirSync(directory).filter((name) => !name.startsWith(".."));
  const base = readBase(directory, names);
  const overlay = names.includes(overlayFileName) ? readFile(directory, overlayFileName) : "absent";
  return { base, overlay, digest: hash("sha256", JSON.stringify([base, overlay])) };
}

function readBase(directory: string, names: readonly string[]): FileReading {
  const found = baseFileNames.filter((name) => names.includes(name));
  const [only] = found;
  if (only !== undefined && found.length === 1) return readFile(directory, only);
  const expected = baseFileNames.join(", ");
  const message =
    found.length === 0
      ? `no base: expected one of ${expected}, found ${printable(names.slice(0, mostNames).join(", ")) || "an empty directory"}`
      : `several bases: expected one of ${expected}, found ${found.join(", ")}`;
  return { fault: { code: "RETR_CONFIG_INVALID", message } };
}

function readFile(directory: string, name: string): FileReading {
  const path = join(directory, name);
  try {
    const isFile = statSync(path).isFile();
    const text = isFile ? readNamedFile(path, mostConfigBytes) : undefined;
    if (text !== undefined) return { text };
    const message = `${name}: expected a file of at most ${mostConfigBytes} bytes`;
    return { fault: { code: "RETR_CONFIG_INVALID", message } };
  } catch (error) {
    if (isGone(error)) throw error;
    return { fault: { code: "RETR_CONFIG_INVALID", message: `${name}: can't be read (${codeOf(error)})` } };
  }
}

function unreadable(directory: string): DirectoryReading {
  const fault: Fault = { code: "RETR_CONFIG_INVALID", message: `config directory ${directory} can't be read` };
  return { base: { fault }, overlay: { fault }, digest: "unreadable" };
}

function isGone(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}
