// What an image or an archive holds that isn't of this tree: Debian packages and Node. Each is pinned by version and
// digest, fetched by apt or npm, and kept in a cache, where nothing is needed and everything can be fetched again.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runCommand, runOrThrow } from "../run-command.ts";

export const architectures = ["amd64", "arm64"] as const;
export type Architecture = (typeof architectures)[number];

export type DebianPackage = { readonly name: string; readonly version: string; readonly sha256: string };
/** A package of npm's registry that brings one Node. */
export type NodePackage = { readonly name: string; readonly version: string; readonly integrity: string };

const root = join(import.meta.dirname, "../..");
const lockFile = join(root, "images/base.lock.json");
const cache = join(homedir(), ".cache/retriever-migration-operator/downloads");
const deadlineSeconds = 600;

/** Everything that is pinned for the base image, and the Nodes of the plugin's archives for macOS. */
type BaseLock = Readonly<Record<Architecture, readonly DebianPackage[]>> & {
  readonly macos: Readonly<Record<Architecture, NodePackage>>;
};

export function readBaseLock(): BaseLock {
  return JSON.parse(readFileSync(lockFile, "utf8")) as BaseLock;
}

/** The Node of the images, as tools/node pins it. */
export function nodeOfLinux(architecture: Architecture): NodePackage {
  const name = `node-linux-${architecture === "amd64" ? "x64" : "arm64"}`;
  const lock = JSON.parse(readFileSync(join(root, "tools/node/package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
  };
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`tools/node/package-lock.json: no ${name}`);
  return { name, version, integrity };
}

/** Paths of the packages' archives. Rejects for one that can't be had as pinned. */
export async function fetchDebianPackages(architecture: Architecture, packages: readonly DebianPackage[]) {
  const missing = packages.filter((one) => heldArchive(one, architecture) === undefined);
  let said = "";
  if (missing.length > 0) {
    const apt = await updatedApt(architecture);
    const words = missing.map(({ name, version }) => `${name}=${version}`);
    said = (await runCommand([...apt, "download", ...words], { cwd: cache, deadlineSeconds })).output.trim();
  }
  return packages.map((one) => {
    const held = heldArchive(one, architecture);
    if (held !== undefined) return held;
    throw new Error(
      `${one.name} ${one.version} (${architecture}) with SHA-256 ${one.sha256} couldn't be fetched. Needed are a network, and` +
        ` a Debian whose archive still has this version: "make base-lock" pins those that it has now.\n${said}`,
    );
  });
}

/** Of a package for this architecture or for all, in the cache and as pinned. */
function heldArchive({ name, version, sha256 }: DebianPackage, architecture: Architecture): string | undefined {
  return [architecture, "all"]
    .map((suffix) => join(cache, `${name}_${version.replace(":", "%3a")}_${suffix}.deb`))
    .find((file) => digestOf(file, "sha256", "hex") === sha256);
}

/** Pins the versions that the archive has now; the Nodes stay as they are. */
export async function pinDebianPackages(): Promise<void> {
  const lock = readBaseLock();
  const pinned: Record<string, unknown> = { ...lock };
  for (const architecture of architectures) pinned[architecture] = await newestDebianPackages(architecture);
  writeFileSync(lockFile, `${JSON.stringify(pinned, null, 2)}\n`);
}

/** The packages of the lock as the archive has them now. */
export async function newestDebianPackages(architecture: Architecture): Promise<readonly DebianPackage[]> {
  const names = readBaseLock()[architecture].map(({ name }) => name);
  const words = [...(await updatedApt(architecture)), "download", "--print-uris", ...names];
  // In a folder without archives: apt is silent about those that it finds where it stands.
  const found = parsePrintedUris(await runOrThrow(words, { cwd: stateOf(architecture), deadlineSeconds }));
  if (found.length === names.length) return found;
  throw new Error(`${architecture}: the archive has ${found.length} of ${names.join(", ")}`);
}

/** Lines of apt: `'address' name_version_architecture.deb size SHA256:digest`, with `%3a` for the colon of an epoch. */
export function parsePrintedUris(text: string): DebianPackage[] {
  const found = text.matchAll(/^'[^']*' ([^_ ]+)_([^_ ]+)_[^_ ]+\.deb \d+ SHA256:([0-9a-f]{64})$/gm);
  return [...found]
    .map(([, name = "", version = "", sha256 = ""]) => ({ name, version: decodeURIComponent(version), sha256 }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** apt with this machine's archives and lists of its own: the machine's packages aren't touched, and no rights needed. */
async function updatedApt(architecture: Architecture): Promise<readonly string[]> {
  const state = stateOf(architecture);
  for (const folder of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(state, folder), { recursive: true });
  const settings = [
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    `Dir::State::lists=${state}/lists`,
    `Dir::State::status=/dev/null`,
    `Dir::Cache=${state}/cache`,
    "APT::Sandbox::User=root",
    "Debug::NoLocking=1",
  ];
  const apt = ["apt-get", ...settings.flatMap((setting) => ["-o", setting])];
  // Without a network the lists of before may do; what is missing then is said by whoever needs it.
  await runCommand([...apt, "-q", "update"], { cwd: cache, deadlineSeconds });
  return apt;
}

function stateOf(architecture: Architecture): string {
  return join(cache, `apt-${architecture}`);
}

/** Path of the package's archive. Rejects for one that can't be had as pinned. */
export async function fetchNode({ name, version, integrity }: NodePackage): Promise<string> {
  const file = join(cache, `${name}-${version}.tgz`);
  const [algorithm = "", expected] = integrity.split(/-(.*)/s);
  if (digestOf(file, algorithm, "base64") === expected) return file;
  mkdirSync(cache, { recursive: true });
  const npm = ["npm", "pack", `${name}@${version}`, "--silent", "--pack-destination", cache];
  const { output } = await runCommand(npm, { cwd: cache, deadlineSeconds });
  const found = digestOf(file, algorithm, "base64");
  if (found === expected) return file;
  throw new Error(
    `${name} ${version} couldn't be fetched: expected ${integrity}, got ${found ?? "nothing"}. Needed is a network with npm's registry.\n${output.trim()}`,
  );
}

function digestOf(file: string, algorithm: string, encoding: "hex" | "base64"): string | undefined {
  try {
    return createHash(algorithm).update(readFileSync(file)).digest(encoding);
  } catch {
    return undefined;
  }
}
