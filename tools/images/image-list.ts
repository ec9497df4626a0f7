// What an image holds: the files its list names, and of the installed packages those that these files load. Decides and
// reads, writes nothing.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The images, by the name of their list in `images/`. */
export const images = ["operator", "sidecar"] as const;
type Image = (typeof images)[number];

type LockEntry = {
  readonly name?: string;
  readonly version?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
/** The lockfile's packages, by where they lie. */
export type Lockfile = Readonly<Record<string, LockEntry>>;

/** What to copy: files and package folders as they lie in the tree, links by where they stand and where they lead. */
export type Contents = {
  readonly files: readonly string[];
  readonly packages: readonly string[];
  readonly links: Readonly<Record<string, string>>;
};

/** Everything an image holds of the tree at `root`. Throws when a line names nothing, or an import can't be resolved. */
export function contentsOf(root: string, image: Image): Contents {
  const files = filesOf(root, readFileSync(join(root, `images/${image}.files`), "utf8"));
  const lock = readLockfile(root);
  const packages = new Set<string>();
  const links: Record<string, string> = {};
  for (const file of files) {
    for (const name of importsOf(root, file)) {
      const place = placeOf(lock, file, name);
      if (place === undefined) throw new Error(`${file} imports ${name}, which package-lock.json doesn't have`);
      const { link, resolved } = lock[place] ?? {};
      if (link === true) links[place] = resolved ?? "";
      else addWithDependencies(lock, place, packages);
    }
  }
  return { files, packages: [...packages].toSorted(), links };
}

/** The packages of the tree's lockfile. */
export function readLockfile(root: string): Lockfile {
  const text = readFileSync(join(root, "package-lock.json"), "utf8");
  return (JSON.parse(text) as { readonly packages: Lockfile }).packages;
}

/** Files a list names, sorted. A line that matches nothing is a fault: what it meant has moved. */
export function filesOf(root: string, list: string): readonly string[] {
  const lines = list.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const files = new Set<string>();
  for (const line of lines) {
    const takesOut = line.startsWith("!");
    const found = globSync(takesOut ? line.slice(1) : line, { cwd: root });
    if (found.length === 0 && !takesOut) throw new Error(`${line}: no such file`);
    for (const file of found) {
      if (takesOut) files.delete(file);
      else files.add(file);
    }
  }
  return [...files].toSorted();
}

/** What a module loads, types apart: they are gone before it runs. */
export function specifiersOf(source: string): readonly string[] {
  const loaded = source.replace(/^(?:import|export)\s+type\s[^;]*;/gm, "");
  const found = loaded.matchAll(/^(?:import|export)\s(?:[^;"]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return [...found].map(([, named, lazy]) => named ?? lazy ?? "");
}

/** Names of the packages a file loads. */
function importsOf(root: string, file: string): readonly string[] {
  if (!file.endsWith(".ts")) return [];
  return specifiersOf(readFileSync(join(root, file), "utf8"))
    .filter((specifier) => !/^(node:|#|\.)/.test(specifier))
    .map((specifier) =>
      specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/"),
    );
}

/** Where Node finds a package from a file: the nearest `node_modules` upwards. */
function placeOf(lock: Lockfile, from: string, name: string): string | undefined {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const place = folder === "." ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (place in lock) return place;
    if (folder === ".") return undefined;
  }
}

function addWithDependencies(lock: Lockfile, place: string, found: Set<string>): void {
  if (found.has(place)) return;
  found.add(place);
  const { dependencies = {}, optionalDependencies = {} } = lock[place] ?? {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    // Types are for compilers; nothing loads them.
    if (name.startsWith("@types/")) continue;
    const next = placeOf(lock, `${place}/package.json`, name);
    if (next !== undefined) addWithDependencies(lock, next, found);
    else if (name in dependencies) throw new Error(`${place} needs ${name}, which package-lock.json doesn't have`);
  }
}
