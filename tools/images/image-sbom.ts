// An image's packages as CycloneDX, from the lockfile. Pure: the same tree gives the same text, so no time and no serial.
import type { DebianPackage } from "./downloads.ts";
import type { Contents, Lockfile } from "./image-list.ts";

type Made = {
  readonly nodeVersion: string;
  /** Base image with its digest, `name@sha256:…`; left out: it isn't known yet, and that is said. */
  readonly base?: string | undefined;
  /** Packages of the project's own base, which is known whole. */
  readonly debian?: { readonly architecture: string; readonly packages: readonly DebianPackage[] };
};

/** CycloneDX 1.5 of what `contents` holds, Node and the base image included. Throws for a base without a digest. */
export function renderSbom(
  image: string,
  contents: Contents,
  lock: Lockfile,
  { nodeVersion, base, debian }: Made,
): string {
  const { version = "" } = lock[""] ?? {};
  const packages = contents.packages.map((place) => componentOf(place, lock));
  const workspaces = Object.values(contents.links).map((folder) => componentOf(folder, lock));
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      component: { type: "application", "bom-ref": image, name: `retriever-${image}`, version },
      ...(base === undefined && debian === undefined
        ? { properties: [{ name: "retriever:base-image", value: "not given" }] }
        : {}),
    },
    components: [
      ...(base === undefined ? [] : [baseOf(base)]),
      ...(debian === undefined ? [] : debian.packages.map((one) => debianComponentOf(one, debian.architecture))),
      { type: "application", "bom-ref": "node", name: "node", version: nodeVersion },
      ...workspaces,
      ...packages,
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A tag can be another image tomorrow. What the base is made of, its own bill says. */
function baseOf(base: string): object {
  const [, name = "", digest] = /^([^\s@]+)@sha256:([0-9a-f]{64})$/.exec(base) ?? [];
  if (digest === undefined) throw new TypeError(`base image: got ${base}, expected name@sha256: and 64 hex digits`);
  const purl = `pkg:oci/${name.slice(name.lastIndexOf("/") + 1)}@sha256%3A${digest}`;
  const hashes = [{ alg: "SHA-256", content: digest }];
  return { type: "container", "bom-ref": "base-image", name, version: `sha256:${digest}`, purl, hashes };
}

function debianComponentOf({ name, version, sha256 }: DebianPackage, architecture: string): object {
  const purl = debianUrl(name, version, architecture);
  return { type: "library", "bom-ref": purl, name, version, purl, hashes: [{ alg: "SHA-256", content: sha256 }] };
}

/** The package's URL, as bills of materials and provenance spell it. */
export function debianUrl(name: string, version: string, architecture: string): string {
  return `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`;
}

function componentOf(place: string, lock: Lockfile): object {
  const { name = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length), ...entry } =
    lock[place] ?? {};
  const { version = "", license, integrity } = entry;
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return {
    type: "library",
    "bom-ref": place,
    name,
    version,
    purl,
    ...(license === undefined ? {} : { licenses: [{ license: { name: license } }] }),
    ...(integrity === undefined ? {} : { hashes: hashesOf(integrity) }),
  };
}

/** npm writes base64 behind the algorithm's name; CycloneDX wants hexadecimal. */
function hashesOf(integrity: string): object[] {
  return integrity.split(" ").flatMap((one) => {
    const [algorithm = "", digest = ""] = one.split(/-(.*)/s);
    const alg = { sha512: "SHA-512", sha256: "SHA-256", sha1: "SHA-1" }[algorithm];
    return alg === undefined ? [] : [{ alg, content: Buffer.from(digest, "base64").toString("hex") }];
  });
}
