// A folder in the image layout of the Open Container Initiative 1.1: blobs by their digests, and an index of what they
// are parts of. Any registry takes it as it is.
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compressFile, packFolder, sha256Of, sha256OfFile } from "./packed.ts";

export type Descriptor = {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
  readonly annotations?: Readonly<Record<string, string>>;
};
export type Layer = { readonly descriptor: Descriptor; readonly diffId: string };
export type Annotations = Readonly<Record<string, string>>;

const type = (name: string) => `application/vnd.oci.image.${name}`;
const manifestType = type("manifest.v1+json");

/** Begins a layout in an empty or absent folder. */
export function beginLayout(layout: string): void {
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
}

/** Ends it with its index: what can be asked for by name. */
export function endLayout(layout: string, named: readonly Descriptor[]): void {
  writeFileSync(
    join(layout, "index.json"),
    textOf({ schemaVersion: 2, mediaType: type("index.v1+json"), manifests: named }),
  );
}

/** Under this name in the layout. An image that containerd may import has a full name as well, with its registry. */
export function named(descriptor: Descriptor, reference: string, fullName?: string): Descriptor {
  const forContainerd = fullName === undefined ? {} : { "io.containerd.image.name": fullName };
  return { ...descriptor, annotations: { "org.opencontainers.image.ref.name": reference, ...forContainerd } };
}

/** A blob of this text or these bytes. */
export function putBlob(layout: string, content: string | Buffer, mediaType: string): Descriptor {
  const digest = sha256Of(content);
  writeFileSync(blobOf(layout, digest), content);
  return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(content) };
}

/** A layer of a folder's content. Its time is always the same: what doesn't change is one blob in every release. */
export async function putLayer(layout: string, folder: string, compression: "gzip" | "none"): Promise<Layer> {
  const isCompressed = compression === "gzip";
  const packed = `${folder}.tar`;
  const target = isCompressed ? `${packed}.gz` : packed;
  await packFolder(folder, packed, 0);
  const diffId = `sha256:${sha256OfFile(packed)}`;
  if (isCompressed) await compressFile(packed, target);
  const digest = sha256OfFile(target);
  renameSync(target, blobOf(layout, digest));
  rmSync(packed, { force: true });
  const mediaType = type(isCompressed ? "layer.v1.tar+gzip" : "layer.v1.tar");
  return { descriptor: { mediaType, digest: `sha256:${digest}`, size: statSync(blobOf(layout, digest)).size }, diffId };
}

/** How a container is started, and what its image says of itself. */
type ImageSettings = {
  readonly architecture: string;
  readonly created: string;
  readonly config: object;
  readonly annotations: Annotations;
};

/** The manifest of an image of one architecture. */
export function putImage(layout: string, layers: readonly Layer[], settings: ImageSettings): Descriptor {
  const { architecture, created, config, annotations } = settings;
  const platform = { architecture, os: "linux" };
  const rootfs = { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) };
  const described = putBlob(layout, textOf({ created, ...platform, config, rootfs }), type("config.v1+json"));
  const parts = { config: described, layers: layers.map(({ descriptor }) => descriptor) };
  return { ...putManifest(layout, parts, annotations), platform };
}

/** The manifest of any artifact. */
export function putManifest(
  layout: string,
  parts: { readonly config: Descriptor; readonly layers: readonly Descriptor[] },
  annotations: Annotations,
): Descriptor {
  return putBlob(layout, textOf({ schemaVersion: 2, mediaType: manifestType, ...parts, annotations }), manifestType);
}

/** One name for the images of several architectures. */
export function putIndex(layout: string, manifests: readonly Descriptor[], annotations: Annotations): Descriptor {
  const mediaType = type("index.v1+json");
  return putBlob(layout, textOf({ schemaVersion: 2, mediaType, manifests, annotations }), mediaType);
}

const blobOf = (layout: string, digest: string) => join(layout, "blobs/sha256", digest);
const textOf = (value: object) => JSON.stringify(value);
