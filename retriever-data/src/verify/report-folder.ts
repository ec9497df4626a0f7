// The report folder on disk.
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { codeOf } from "@retriever/stores/values/node-error.ts";
import type { ReportFiles } from "#compare/run-deps.ts";

/** Files of `folder`, which is made when it is missing. */
export function openReportFolder(folder: string): ReportFiles {
  return {
    read: async (name) => {
      try {
        return await readFile(join(folder, name));
      } catch (error) {
        if (codeOf(error) === "ENOENT") return null;
        throw unwritable(name, error);
      }
    },
    write: async (name, content) => {
      const path = join(folder, name);
      const draft = `${path}.draft`;
      try {
        await mkdir(folder, { recursive: true });
        await writeDurably(draft, content);
        await rename(draft, path);
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined);
        throw unwritable(name, error);
      }
    },
    remove: async (name) => {
      await rm(join(folder, name), { force: true }).catch((error: unknown) => {
        throw unwritable(name, error);
      });
    },
  };
}

/** On disk before it takes the place of what was there. */
async function writeDurably(path: string, content: Buffer | string): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

function unwritable(name: string, error: unknown): RetrieverError {
  const message = `${name} of the report folder can't be written or read (${codeOf(error)})`;
  return new RetrieverError({ code: "RETR_VERIFY_FOLDER_UNWRITABLE", message }, error);
}
