// The images of a cluster without any registry: laid out from this tree by the same program as for a Dockerfile, with
// the libraries that the pinned Node needs, packed as an archive and handed to containerd.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { type ImageConfig, type ImageName, imageConfigOf } from "./image-config.ts";
import { containerdSocketOf, type Layout, pauseImage } from "./layout.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../..");
const deadlineMs = 180_000;

export const operatorImage = "retriever.test/retriever-operator:e2e";
export const sidecarImage = "retriever.test/retriever-sidecar:e2e";

type Image = {
  readonly tag: string;
  /** Folders, each of which becomes a layer. */
  readonly layers: readonly string[];
  readonly config: ImageConfig;
};

const unprivileged = "65532:65532";
const node = "/usr/local/bin/node";

/** Makes the images of operator, sidecar and pause known to the cluster's containerd. */
export async function importImages(layout: Layout, pauseProgram: string): Promise<void> {
  const folder = join(layout.folder, "images");
  const operator = await layOut("operator", folder);
  const sidecar = await layOut("sidecar", folder);
  const pause = join(folder, "pause");
  await mkdir(pause, { recursive: true });
  await copyFile(pauseProgram, join(pause, "pause"));
  const images: readonly Image[] = [
    { tag: pauseImage, layers: [pause], config: { Entrypoint: ["/pause"] } },
    { tag: operatorImage, layers: operator, config: imageConfigOf("operator") },
    { tag: sidecarImage, layers: sidecar, config: imageConfigOf("sidecar") },
  ];
  const archive = await pack(images, folder);
  const containerd = ["--address", containerdSocketOf(layout), "--namespace", "k8s.io"];
  await run("ctr", [...containerd, "images", "import", archive], { timeout: deadlineMs });
  await rm(folder, { recursive: true });
}

/** Two folders: Node with what it needs from the system, and this project's files. */
async function layOut(name: ImageName, folder: string): Promise<readonly string[]> {
  const whole = join(folder, name);
  const base = join(folder, `${name}-base`);
  await mkdir(folder, { recursive: true });
  await run(process.execPath, [join(root, "tools/images/image-files.ts"), name, whole], { timeout: deadlineMs });
  await mkdir(join(base, dirname(node)), { recursive: true });
  await run("mv", [join(whole, node), join(base, node)], { timeout: deadlineMs });
  for (const library of await librariesOf(join(base, node))) {
    await mkdir(join(base, dirname(library)), { recursive: true });
    await copyFile(library, join(base, library));
  }
  return [base, whole];
}

/** Absolute paths of the shared libraries that a program loads, its loader included. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await run("ldd", [program], { timeout: deadlineMs });
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap(([, path]) => (path === undefined ? [] : [path]));
}

/** Writes one archive with all images; equal layers are in it once. */
async function pack(images: readonly Image[], folder: string): Promise<string> {
  const content = join(folder, "archive");
  await mkdir(content, { recursive: true });
  const entries: object[] = [];
  for (const { tag, layers, config } of images) {
    const digests: string[] = [];
    for (const layer of layers) digests.push(await packLayer(layer, content));
    const description = JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { ...config, User: unprivileged, WorkingDir: "/", Env: ["NODE_ENV=production"] },
      rootfs: { type: "layers", diff_ids: digests.map((digest) => `sha256:${digest}`) },
    });
    const file = `${createHash("sha256").update(description).digest("hex")}.json`;
    await writeFile(join(content, file), description);
    entries.push({ Config: file, RepoTags: [tag], Layers: digests.map((digest) => `${digest}.tar`) });
  }
  await writeFile(join(content, "manifest.json"), JSON.stringify(entries));
  const archive = join(folder, "images.tar");
  await run("tar", ["-C", content, "-cf", archive, "."], { timeout: deadlineMs });
  return archive;
}

/** Packs a folder so that equal folders give equal layers; its digest. */
async function packLayer(folder: string, content: string): Promise<string> {
  const packed = join(content, "layer.tar");
  const same = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
  await run("tar", ["-C", folder, ...same, "-cf", packed, "."], { timeout: deadlineMs });
  const hash = createHash("sha256");
  await pipeline(createReadStream(packed), hash);
  const digest = hash.digest("hex");
  await run("mv", [packed, join(content, `${digest}.tar`)], { timeout: deadlineMs });
  return digest;
}
