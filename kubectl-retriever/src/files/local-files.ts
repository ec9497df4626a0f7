// The files of the machine the command line runs on.
import { readFile, stat, writeFile } from "node:fs/promises";
import type { Files } from "./files.ts";

/** Far above any manifest; a mistyped path to something huge ends at once. */
const largestFile = 1_048_576;

export const localFiles: Files = {
  read: async (path) => {
    const file = path === "-" ? "/dev/stdin" : path;
    if ((await stat(file)).size > largestFile) throw Object.assign(new Error("too large"), { code: "EFBIG" });
    return readFile(file, "utf8");
  },
  write: (path, text) => writeFile(path, text),
};
