// How a namespace is called in the status: whoever writes requests chooses its name, and 64 of them have to have room.
import { hash } from "node:crypto";

/** As JSON, with escapes, in UTF-8. */
const mostBytes = 64;
/** Printable, and one byte each. */
const keptCharacters = 40;
const digestDigits = 16;

/** The namespace itself; one that would be long is its beginning and a digest. The same again for its own result. */
export function sliceName(namespace: string): string {
  if (namespace.length <= mostBytes && Buffer.byteLength(JSON.stringify(namespace)) - 2 <= mostBytes) return namespace;
  const beginning = namespace.slice(0, keptCharacters).replaceAll(/[^\x20-\x7e]|["\\]/g, "?");
  return `${beginning}~${hash("sha256", namespace).slice(0, digestDigits)}`;
}
