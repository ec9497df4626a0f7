// Reads a file that a setting names, at the start.
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { z } from "zod";
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

/** A YAML document that follows a schema. Throws ROP_SETTINGS_INVALID with every fault's path; never quotes a value. */
export function parseSettings<T>(text: string, what: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(readYaml(text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${what}: ${path.join(".") || "(root)"}: ${message}`);
  throw new OperatorError("ROP_SETTINGS_INVALID", faults.join("; "), { details: { faults } });
}

function readYaml(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return undefined;
  }
}
