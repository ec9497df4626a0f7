// An image's packages as CycloneDX, from the lockfile. Pure: the same tree gives the same text, so no time and no serial.
import type { Contents, Lockfile } from "./image-list.ts";

/** CycloneDX 1.5 of what `contents` holds, the Node of `nodeVersion` included. */
export function renderSbom(image: string, contents: Contents, lock: Lockfile, nodeVersion: string): string {
  const { version = "" } = lock[""] ?? {};
  const packages = contents.packages.map((place) => componentOf(place, lock));
  const workspaces = Object.values(contents.links).map((folder) => componentOf(folder, lock));
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: { type: "application", "bom-ref": image, name: `retriever-${image}`, version } },
    components: [
      { type: "application", "bom-ref": "node", name: "node", version: nodeVersion },
      ...workspaces,
      ...packages,
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
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
