// The kubectl plugin with a Node of its own, one archive for each system: nothing else has to be installed.
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { unpackNode } from "../images/build-images.ts";
import { architectures, fetchNode, type NodePackage, nodeOfLinux, readBaseLock } from "../images/downloads.ts";
import { settleModes } from "../images/image-layout.ts";
import { contentsOf } from "../images/image-list.ts";
import { compressFile, packFolder, sha256OfFile } from "../images/packed.ts";
import { runOrThrow } from "../run-command.ts";
import type { PluginArchive } from "./krew.ts";

const root = join(import.meta.dirname, "../..");

/** For each system the Node that goes with the plugin. */
export function pluginNodes(): readonly (Pick<PluginArchive, "os" | "architecture"> & {
  readonly node: NodePackage;
})[] {
  const { macos } = readBaseLock();
  return architectures.flatMap((architecture) => [
    { os: "linux" as const, architecture, node: nodeOfLinux(architecture) },
    { os: "darwin" as const, architecture, node: macos[architecture] },
  ]);
}

/** Packs the plugin into `folder`, which is there. */
export async function packPlugin(
  folder: string,
  version: string,
  atSeconds: number,
): Promise<readonly PluginArchive[]> {
  const scratch = join(folder, ".packing");
  const bundled = join(scratch, "bundle");
  mkdirSync(bundled, { recursive: true });
  await runOrThrow([process.execPath, join(root, "tools/cli/bundle.ts"), bundled], { cwd: root, deadlineSeconds: 120 });
  cpSync(join(root, "LICENSE"), join(bundled, "LICENSE"));
  writeFileSync(join(bundled, "NOTICES.txt"), noticesOf(contentsOf(root, "operator").packages));
  const archives = await Promise.all(
    pluginNodes().map(async ({ os, architecture, node }) => {
      const place = join(scratch, `${os}-${architecture}`);
      const unpacked = join(scratch, `${os}-${architecture}-node`);
      cpSync(bundled, place, { recursive: true });
      cpSync(await unpackNode(await fetchNode(node), unpacked), join(place, "node"));
      cpSync(join(unpacked, "LICENSE"), join(place, "NODE-LICENSE"));
      settleModes(place);
      const file = join(folder, `kubectl-retriever-${version}-${os}-${architecture}.tar.gz`);
      await packFolder(place, `${place}.tar`, atSeconds);
      await compressFile(`${place}.tar`, file);
      return { os, architecture, file: basename(file), sha256: sha256OfFile(file) };
    }),
  );
  rmSync(scratch, { recursive: true });
  return archives;
}

/** What the licenses of the packages in the bundle ask for: their texts. The operator's image has the same packages. */
function noticesOf(packages: readonly string[]): string {
  const texts = packages.flatMap((place) => {
    const files = globSync(["LICENSE*", "LICENCE*", "NOTICE*", "license*"], { cwd: join(root, place) }).toSorted();
    return files.map(
      (file) =>
        `=== ${place.replace(/^.*node_modules\//, "")}: ${file}\n\n${readFileSync(join(root, place, file), "utf8").trim()}\n`,
    );
  });
  return texts.join("\n");
}
