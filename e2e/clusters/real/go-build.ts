// Programs built from their Go modules, once per version: a build is found in the cache or made and put there.
// Knows nothing of what the programs do. A build takes minutes, is said aloud, and runs at low priority.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder, versionFolder } from "./cache-folder.ts";

type GoProgram = {
  /** File name of what is built. */
  readonly name: string;
  /** Package path, `.` for the module's own folder. */
  readonly package: string;
  /** Further names by which the program is called. */
  readonly aliases?: readonly string[];
};

export type GoModule = {
  /** Begins the cache folder's name: what it is and of which version. */
  readonly label: string;
  /** Folder with go.mod and go.sum. */
  readonly folder: string;
  /** Files of the module beside go.mod and go.sum. */
  readonly sources: readonly string[];
  readonly programs: readonly GoProgram[];
  readonly linkerFlags: string;
};

export type Say = (line: string) => void;

const run = promisify(execFile);
const buildDeadlineMs = 3_600_000;

/** Kubernetes asks for it. A Go from 1.21 on fetches the one that a module asks for by itself, where it may. */
const leastMinor = 25;

/** The `go` on PATH, else where Go's own archive puts it; undefined when there is none that is new enough. */
export async function findGo(): Promise<string | undefined> {
  for (const candidate of ["go", "/usr/local/go/bin/go"]) {
    try {
      const { stdout } = await run(candidate, ["version"], { cwd: join(import.meta.dirname, "go"), timeout: 300_000 });
      if (Number(/ go1\.(\d+)/.exec(stdout)?.[1]) >= leastMinor) return candidate;
    } catch {
      // The next place may have it.
    }
  }
  return undefined;
}

/** The folder with the module's programs. Builds them when they are missing; rejects with the compiler's output. */
export async function buildGoModule(go: string, module: GoModule, say: Say): Promise<string> {
  const folder = await folderOf(go, module);
  if (module.programs.every(({ name }) => existsSync(join(folder, name)))) return folder;
  const making = join(cacheFolder, `.making-${process.pid}-${module.label}`);
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  try {
    for (const program of module.programs) {
      const startedAt = performance.now();
      say(`building ${program.name} of ${module.label} from its Go modules; the first time takes 15 minutes and more`);
      await compile(go, module, { ...program, output: join(making, program.name) });
      for (const alias of program.aliases ?? []) await symlink(program.name, join(making, alias));
      say(`built ${program.name} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
    }
    await putInPlace(making, folder);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return folder;
}

async function folderOf(go: string, { label, folder, sources, programs, linkerFlags }: GoModule): Promise<string> {
  const files = ["go.mod", "go.sum", ...sources];
  const contents = await Promise.all(files.map((file) => readFile(join(folder, file))));
  const { stdout: version } = await run(go, ["version"], { cwd: folder, timeout: 600_000 });
  return versionFolder(label, [version, linkerFlags, JSON.stringify(programs), ...contents]);
}

/** Another run may have been quicker: then its result serves. */
async function putInPlace(making: string, folder: string): Promise<void> {
  try {
    await rename(making, folder);
  } catch (fault) {
    if (!existsSync(folder)) throw fault;
  }
}

async function compile(go: string, module: GoModule, program: GoProgram & { readonly output: string }): Promise<void> {
  const args = ["build", "-trimpath", "-ldflags", `-s -w ${module.linkerFlags}`, "-o", program.output, program.package];
  await run("nice", ["-n", "5", go, ...args], {
    cwd: module.folder,
    env: { ...process.env, CGO_ENABLED: "0" },
    timeout: buildDeadlineMs,
    maxBuffer: 64 * 1_048_576,
  });
}
