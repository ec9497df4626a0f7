// One file as the base it is, without an overlay.
import { readFileSync, statSync } from "node:fs";
import type { Documents } from "@retriever/sidecar/config/read-input.ts";

const maxFileBytes = 1_048_576;

/** Never throws: a file that can't be read is a fault in its place. */
export function readFileDocuments(file: string): Documents {
  try {
    if (statSync(file).size <= maxFileBytes) return { base: { text: readFileSync(file, "utf8") }, overlay: "absent" };
  } catch {
    return refuse("expected a readable file");
  }
  return refuse(`expected at most ${maxFileBytes} bytes`);
}

function refuse(message: string): Documents {
  return { base: { fault: { code: "RETR_CONFIG_INVALID", message } }, overlay: "absent" };
}
