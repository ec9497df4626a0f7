// Reads the small files that documents name: credentials and authorities. Whoever may write a document must not have the
// process read a device, a pipe that nobody writes to, or a file that leads out of its folder.
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from "node:fs";

/** A credential is well below it. */
export const mostFileBytes = 65_536;
/** A base or an overlay of as many characters as they may have, each of four bytes. */
export const mostConfigBytes = 262_144;
/** A system's bundle of authorities has a quarter of it. */
export const mostAuthorityBytes = 1_048_576;

/**
 * Text of a regular file; undefined when there is none that can be read, or it is larger. `within`: the folders one of
 * which it must really be in, wherever links lead; absent: anywhere. Never waits.
 */
export function readSmallFile(
  file: string,
  within?: readonly string[],
  mostBytes: number = mostFileBytes,
): string | undefined {
  try {
    const real = realpathSync(file);
    if (within?.some((folder) => isBelow(real, folder)) === false) return undefined;
    return readRegular(real, mostBytes);
  } catch {
    return undefined;
  }
}

/** The folder may be a link itself, as those of projected volumes are. */
function isBelow(real: string, folder: string): boolean {
  try {
    return real.startsWith(`${realpathSync(folder)}/`);
  } catch {
    return false;
  }
}

/** Opening a pipe would wait for its writer, and what it is can only be told once it is open. */
function readRegular(file: string, mostBytes: number): string | undefined {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    return fstatSync(descriptor).isFile() ? readAtMost(descriptor, mostBytes) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Text of a file that a person names, which may be a pipe; undefined for a larger one. Throws what the system says. */
export function readNamedFile(file: string, mostBytes: number): string | undefined {
  const descriptor = openSync(file, constants.O_RDONLY);
  try {
    return readAtMost(descriptor, mostBytes);
  } finally {
    closeSync(descriptor);
  }
}

function readAtMost(descriptor: number, mostBytes: number): string | undefined {
  const bytes = Buffer.allocUnsafe(mostBytes + 1);
  let size = 0;
  for (let read = -1; read !== 0 && size < bytes.length; size += read) {
    read = readSync(descriptor, bytes, size, bytes.length - size, null);
  }
  return size > mostBytes ? undefined : bytes.toString("utf8", 0, size);
}
