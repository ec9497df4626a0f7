// `make release ARGS=--twice`: two releases of one tree, made under different umasks, time zones and in different
// folders, compared byte by byte (U5); the Node of each architecture started on the base it ships with; and how large the
// images are (U6). The last line is JSON; exit 1 when something differs or doesn't start.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { architectures } from "../images/downloads.ts";
import { type Ran, runCommand } from "../run-command.ts";
import { filesIn } from "./make-release.ts";

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), "retriever-release-"));
const largestMegabytes = 55;

async function makeOne(name: string, umask: string, zone: string): Promise<string> {
  const out = join(scratch, name);
  const script = `umask ${umask}; exec "$0" "$1" "--out=$2"`;
  const words = ["-c", script, process.execPath, join(import.meta.dirname, "main.ts"), out];
  const { stdout } = await run("sh", words, { env: { ...process.env, TZ: zone }, timeout: 900_000 });
  process.stdout.write(stdout);
  return out;
}

/** Bytes that aren't the same, counted in the longer of two files; a file that only one has counts whole. Each is named. */
function bytesThatDiffer(one: string, other: string): number {
  let sum = 0;
  for (const name of new Set([...filesIn(one), ...filesIn(other)])) {
    const bytes = differenceOf(join(one, name), join(other, name));
    if (bytes > 0) process.stdout.write(`${name}: ${bytes} bytes differ\n`);
    sum += bytes;
  }
  return sum;
}

function differenceOf(one: string, other: string): number {
  const [a, b] = [one, other].map((file) => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0)));
  if (a === undefined || b === undefined || a.equals(b)) return 0;
  let same = 0;
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) if (a[at] === b[at]) same += 1;
  return Math.max(a.length, b.length) - same;
}

type Blob = { readonly digest: string; readonly size: number };
type Manifest = { readonly config: Blob; readonly layers: readonly Blob[] };
type Index = {
  readonly manifests: readonly (Blob & {
    readonly platform?: { readonly architecture: string };
    readonly annotations?: Readonly<Record<string, string>>;
  })[];
};

/** Reads a layout as whoever pulls from it does. */
function openLayout(layout: string) {
  const pathOf = ({ digest }: Blob) => join(layout, "blobs", digest.replace(":", "/"));
  const read = (blob: Blob): unknown => JSON.parse(readFileSync(pathOf(blob), "utf8"));
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as Index;
  const manifestOf = (name: string, architecture: string): Manifest => {
    const image = index.manifests.find(({ annotations = {} }) =>
      annotations["org.opencontainers.image.ref.name"]?.startsWith(`${name}:`),
    );
    if (image === undefined) throw new Error(`${layout}: no ${name}`);
    const one = (read(image) as Index).manifests.find(({ platform }) => platform?.architecture === architecture);
    if (one === undefined) throw new Error(`${layout}: no ${name} for ${architecture}`);
    return read(one) as Manifest;
  };
  return { pathOf, read, manifestOf };
}

/** Unpacks an image and starts it with `--help`: in its own root, or by an emulator of the other processor. */
async function startImage(layout: string, name: string, architecture: string): Promise<Ran> {
  const { pathOf, read, manifestOf } = openLayout(layout);
  const manifest = manifestOf(name, architecture);
  const root = join(scratch, `${name}-${architecture}`);
  mkdirSync(root);
  for (const layer of manifest.layers) await run("tar", ["-xzf", pathOf(layer), "-C", root]);
  const { config } = read(manifest.config) as { readonly config: { readonly Entrypoint?: readonly string[] } };
  const isNative = architecture === (process.arch === "x64" ? "amd64" : "arm64");
  const emulator = `qemu-${architecture === "arm64" ? "aarch64" : "x86_64"}-static`;
  const [program = "", ...words] = config.Entrypoint ?? [];
  const script = words.map((word) => (word.startsWith("/") && !isNative ? join(root, word) : word));
  const command = isNative
    ? ["unshare", "--map-root-user", `--root=${root}`, program, ...script, "--help"]
    : [emulator, "-L", root, join(root, program), ...script, "--help"];
  return runCommand(command, { cwd: root, deadlineSeconds: 300 });
}

async function main(): Promise<number> {
  const one = await makeOne("one", "022", "UTC");
  const other = await makeOne("other", "077", "Asia/Tokyo");
  const differ = bytesThatDiffer(one, other);
  const started: Record<string, boolean> = {};
  const megabytes: Record<string, number> = {};
  for (const name of ["retriever-operator", "retriever-sidecar"]) {
    for (const architecture of architectures) {
      const { layers } = openLayout(join(one, "oci")).manifestOf(name, architecture);
      megabytes[`${name} ${architecture}`] = Math.round(layers.reduce((sum, { size }) => sum + size, 0) / 100_000) / 10;
      const { code, output } = await startImage(join(one, "oci"), name, architecture);
      started[`${name} ${architecture}`] = code === 0;
      const advice = output.includes("-static ENOENT")
        ? "\nInstall Debian's qemu-user-static: it emulates the other processor."
        : "";
      if (code !== 0)
        process.stdout.write(`${name} ${architecture} didn't start (exit ${code}): ${output.slice(0, 500)}${advice}\n`);
    }
  }
  process.stdout.write(`${JSON.stringify({ U5: { bytesThatDiffer: differ, started }, U6: megabytes })}\n`);
  const isGood = differ === 0 && Object.values(started).every(Boolean);
  return isGood && Object.values(megabytes).every((size) => size <= largestMegabytes) ? 0 : 1;
}

try {
  process.exitCode = await main();
} finally {
  rmSync(scratch, { recursive: true });
}
