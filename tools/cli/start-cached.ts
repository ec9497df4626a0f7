// Starts the bundled plugin with the code that an earlier command compiled. Node's own cache of compiled code holds what
// is compiled when a file is loaded; the functions that a command calls are compiled afterwards, a third of its time, and
// would be by each command anew.
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { constants, Script } from "node:vm";
import { isMainThread } from "node:worker_threads";
import { crc32 } from "node:zlib";
import { codeFolder, homeFolder } from "../../kubectl-retriever/src/users-folders.ts";

/** The bundle as Node wraps a module of the older kind. */
type Program = (...given: Given) => void;
type Given = readonly [exports: unknown, require: unknown, module: unknown, filename: string, dirname: string];

/**
 * Runs `program`, of which `digest` is a digest. What it compiled is kept by the first command of a kind that succeeds, in
 * the folder of Node's own cache. It is run, so it counts only where it is this user's own: of a folder that several share
 * each has a file. Where none can be written, the program runs all the same.
 */
export function startCached(program: Program, digest: string, ...given: Given): void {
  const [word = ""] = process.argv.slice(2);
  // The dashboard runs for days, and a second copy of the source would lie in its memory.
  if (!isMainThread || word === "dashboard") return program(...given);
  const kind = kindOf(word, process.argv);
  const folder = codeFolder(process.env, homeFolder(homedir));
  const file = join(folder, [digest, process.version, process.arch, userId(), kind].join("-"));
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

/** Help on a command calls little of what the command does. */
function kindOf(word: string, words: readonly string[]): string {
  if (words.includes("--help") || words.includes("-h")) return "help";
  return /^[a-z-]{1,32}$/.test(word) ? word : "other";
}

const userId = (): number | undefined => process.geteuid?.();

/** The code behind its checksum: V8 looks at its own version, not at what a torn file holds. */
function readCode(file: string): Buffer | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(file, "r");
    if (fstatSync(opened).uid !== userId()) return undefined;
    const kept = readFileSync(opened);
    const code = kept.subarray(0, -4);
    return kept.length > 4 && crc32(code) === kept.readUInt32LE(code.length) ? code : undefined;
  } catch {
    return undefined;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

function keepCode(folder: string, file: string, script: Script): void {
  const written = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Made first: where nothing can be written, no code is made for it.
    const opened = openSync(written, "wx", 0o600);
    try {
      writeFileSync(opened, withSum(script.createCachedData()));
      renameSync(written, file);
    } catch {
      // A disk that is full, or a file of somebody else: nothing is left behind.
      unlinkSync(written);
    } finally {
      closeSync(opened);
    }
  } catch {
    // A cache that can't be written is none.
  }
}

function withSum(code: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(code));
  return Buffer.concat([code, sum]);
}
