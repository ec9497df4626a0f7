// Adds to package-lock.json the optional platform packages that a registry mirror didn't have when it was written.
// Newer versions of npm refuse a lockfile without them; they carry no integrity, and `npm ci` passes over other platforms.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { settle } from "./generated-file.ts";

type Entry = {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly dev?: boolean;
};
type Lockfile = { readonly packages: Readonly<Record<string, Entry>> };

const file = join(import.meta.dirname, "../package-lock.json");

const systems: readonly string[] = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const processors: readonly string[] = ["arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "x64"];

/** System and processor in a platform package's name, e.g. `core-win32-x64-msvc`; undefined when it names none. */
function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } | undefined {
  const words = name.split(/[-/]/);
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  if (os === undefined || cpu === undefined) return undefined;
  const libc = os !== "linux" ? {} : { libc: [name.includes("musl") ? "musl" : "glibc"] };
  return { os: [os], cpu: [cpu], ...libc };
}

/** The lockfile with an entry for every optional dependency, in npm's order. */
function complete(lockfile: Lockfile): Lockfile {
  const added: Record<string, object> = {};
  for (const entry of Object.values(lockfile.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const place = `node_modules/${name}`;
      const platform = platformOf(name);
      if (place in lockfile.packages || platform === undefined) continue;
      added[place] = { version, ...(entry.dev === true ? { dev: true } : {}), optional: true, ...platform };
    }
  }
  const packages = Object.entries({ ...lockfile.packages, ...added }).toSorted(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lockfile, packages: Object.fromEntries(packages) as Lockfile["packages"] };
}

// A lockfile that is newer than the installation is installed again, so it is left alone when nothing is missing.
settle(file, `${JSON.stringify(complete(JSON.parse(readFileSync(file, "utf8")) as Lockfile), null, 2)}\n`);
