// The files of the machine the command line runs on.
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Files } from "./files.ts";

/** Reads no more than `largestBytes`; a mistyped path to something huge ends early. */
export function makeLocalFiles(largestBytes: number): Files {
  return {
    read: async (path) => {
      const stream = path === "-" ? createReadStream("", { fd: 0, autoClose: false }) : createReadStream(path);
      const parts: Buffer[] = [];
      let size = 0;
      for await (const part of stream as AsyncIterable<Buffer>) {
        size += part.length;
        if (size > largestBytes) throw Object.assign(new Error("too large"), { code: "EFBIG" });
        parts.push(part);
      }
      return Buffer.concat(parts).toString("utf8");
    },
    write: (path, text) => writeFile(path, text),
  };
}
