// Evidence files on the local disk, or the standard input under the name `-`.
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { EvidenceFiles } from "#commands/evidence.ts";

/** Six times what a cluster keeps of one migration. */
const maxBytes = 64 * 1024 * 1024;

export const localEvidenceFiles: EvidenceFiles = {
  read: async (path) => {
    const stream = path === "-" ? createReadStream("", { fd: 0, autoClose: false }) : createReadStream(path);
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of stream as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > maxBytes) throw Object.assign(new Error("larger than any evidence"), { code: "EFBIG" });
      parts.push(part);
    }
    return Buffer.concat(parts).toString("utf8");
  },
  write: (path, text) => writeFile(path, text),
};
