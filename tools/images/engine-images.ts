// `node tools/images/engine-images.ts LAYOUT PREFIX TAG [NAME=PROGRAM]`: the images for this machine alone, as an image
// layout for containerd, whose layers aren't compressed as it unpacks them at once. They are PREFIX/retriever-…:TAG, and
// their layers are those of a release, unless Debian's archive has moved on; PREFIX/NAME:TAG holds one static program and nothing else.
import { copyFileSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { buildImages } from "./build-images.ts";
import { type DebianPackage, fetchDebianPackages, newestDebianPackages, readBaseLock } from "./downloads.ts";
import { beginLayout, type Descriptor, endLayout, named, putImage, putLayer } from "./oci-layout.ts";

const [layout = "", prefix = "", tag = "", single = ""] = process.argv.slice(2);
const architecture = process.arch === "x64" ? "amd64" : "arm64";

/** The image of one static program. */
async function putProgram(program: string): Promise<Descriptor> {
  const folder = join(layout, ".program");
  mkdirSync(folder);
  copyFileSync(program, join(folder, basename(program)));
  const layer = await putLayer(layout, folder, "none");
  const config = { Entrypoint: [`/${basename(program)}`], User: "65532:65532" };
  return putImage(layout, [layer], { architecture, created: new Date(0).toISOString(), config, annotations: {} });
}

function forContainerd(descriptor: Descriptor, name: string): Descriptor {
  return named(descriptor, `${name}:${tag}`, `${prefix}/${name}:${tag}`);
}

/** Tests go on when the archive has newer packages than those pinned; a release doesn't. */
async function debianPackages(): Promise<readonly DebianPackage[]> {
  const pinned = readBaseLock()[architecture];
  try {
    await fetchDebianPackages(architecture, pinned);
    return pinned;
  } catch (fault) {
    process.stderr.write(`${String(fault)}\nengine-images: going on with the packages that the archive has now\n`);
    return newestDebianPackages(architecture);
  }
}

beginLayout(layout);
const built = await buildImages({
  layout,
  scratch: join(layout, ".making"),
  architectures: [architecture],
  compression: "none",
  version: tag,
  createdAt: new Date(0),
  debian: { [architecture]: await debianPackages() },
});
const [name = "", program] = single.split("=");
endLayout(layout, [
  ...built.map(({ name, index }) => forContainerd(index, name)),
  ...(program === undefined ? [] : [forContainerd(await putProgram(program), name)]),
]);
