// Starts the bundled plugin with the code that an earlier command compiled. Node's own cache of compiled code holds what
// is compiled when a file is loaded; the functions that a command calls are compiled afterwards, a third of its time, and
// would be by each command anew.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { constants, Script } from "node:vm";
import { isMainThread } from "node:worker_threads";
import { crc32 } from "node:zlib";

/** The bundle as Node wraps a module of the older kind. */
type Program = (exports: unknown, require: unknown, module: unknown, filename: string, dirname: string) => void;

/**
 * Runs `program`, of which `digest` is a digest. What it compiled is kept by the first command of a kind that succeeds, in
 * the folder of Node's own cache, which must be of this user alone: what is in it is run. Without such a folder, or where
 * it can't be written, the program runs all the same.
 */
export function startCached(program: Program, digest: string, ...given: Parameters<Program>): void {
  const [word = ""] = process.argv.slice(2);
  // The dashboard runs for days, and a second copy of the source would lie in its memory.
  if (!isMainThread || word === "dashboard") return program(...given);
  const kind = /^[a-z-]{1,32}$/.test(word) ? word : "other";
  const folder = process.env["NODE_COMPILE_CACHE"] || join(usersCache(), "kubectl-retriever");
  const file = join(folder, [digest, process.version, process.arch, kind].join("-"));
  const cachedData = readCode(file);
  const script = new Script(`(${program.toString()})`, {
    filename: given[3],
    ...(cachedData === undefined ? {} : { cachedData }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (cachedData === undefined || script.cachedDataRejected === true) {
    // One that fails calls less than the next will, and a word that is no command would leave a file.
    process.once("exit", (code) => code === 0 && keepCode(folder, file, script));
  }
  (script.runInThisContext() as Program)(...given);
}

function usersCache(): string {
  return process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
}

/** The code behind its checksum: V8 looks at its own version, not at what a torn file holds. */
function readCode(file: string): Buffer | undefined {
  try {
    const kept = readFileSync(file);
    const code = kept.subarray(0, -4);
    return kept.length > 4 && crc32(code) === kept.readUInt32LE(code.length) ? code : undefined;
  } catch {
    return undefined;
  }
}

function keepCode(folder: string, file: string, script: Script): void {
  try {
    const code = script.createCachedData();
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(code));
    const written = `${file}.${process.pid}`;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(written, Buffer.concat([code, sum]), { mode: 0o600, flag: "wx" });
    renameSync(written, file);
  } catch {
    // A cache that can't be written is none.
  }
}
