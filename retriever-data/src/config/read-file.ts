// A file that is named on the command line.
import { readFileSync } from "node:fs";

/** Its text. Throws what `refuse` makes of the reason. */
export function readFileText(
  file: string,
  maxBytes: number,
  refuse: (message: string, cause?: unknown) => Error,
): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw refuse(`${file}: expected a readable file`, error);
  }
  if (bytes.length <= maxBytes) return bytes.toString("utf8");
  throw refuse(`${file}: expected at most ${maxBytes} bytes, got ${bytes.length}`);
}
