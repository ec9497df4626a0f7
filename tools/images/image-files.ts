// `node tools/images/image-files.ts operator|sidecar OUTDIR`: lays out the file system of an image, without a container engine:
// OUTDIR/app keeps the workspaces' layout, OUTDIR/usr/local/bin/node is the pinned Node. With --list it only says what, with --sbom the same as CycloneDX
// (--sbom=NAME@sha256:… with the base image it is put on).
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { layOutApp, layOutNode, pinnedNode } from "./image-layout.ts";
import { contentsOf, images, readLockfile } from "./image-list.ts";
import { renderSbom } from "./image-sbom.ts";

const root = join(import.meta.dirname, "../..");

function main(words: readonly string[]): number {
  const image = images.find((name) => name === words[0]);
  const folder = words[1];
  if (image === undefined || folder === undefined) {
    process.stderr.write("usage: node tools/images/image-files.ts operator|sidecar OUTDIR|--list|--sbom\n");
    return 2;
  }
  const contents = contentsOf(root, image);
  if (folder === "--list") {
    const lines = [...contents.files, ...contents.packages, ...Object.keys(contents.links)];
    process.stdout.write(`${lines.join("\n")}\n`);
    return 0;
  }
  const [option, base] = folder.split(/=(.*)/s);
  if (option === "--sbom") {
    const made = { nodeVersion: process.versions.node, base: base === "" ? undefined : base };
    process.stdout.write(renderSbom(image, contents, readLockfile(root), made));
    return 0;
  }
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    process.stderr.write(`${folder} isn't empty: expected a folder that isn't there yet\n`);
    return 2;
  }
  layOutApp(contents, folder);
  layOutNode(pinnedNode(), folder);
  process.stdout.write(
    `${image}: ${contents.files.length} files, ${contents.packages.length} packages in ${folder}/app\n`,
  );
  return 0;
}

process.exitCode = main(process.argv.slice(2));
