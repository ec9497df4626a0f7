// Reads a file that a setting names, at the start.
import { readFile } from "node:fs/promises";
import { OperatorError } from "#errors.ts";

/** Its text. Throws ROP_SETTINGS_INVALID with the setting's flag. */
export async function readSettingsFile(file: string, flag: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    const why = typeof code === "string" ? code : "failed";
    throw new OperatorError("ROP_SETTINGS_INVALID", `--${flag}: its file can't be read (${why})`, { cause });
  }
}
