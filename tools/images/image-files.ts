// `node tools/images/image-files.ts operator|sidecar OUTDIR`: lays out the file system of an image, without a container engine:
// OUTDIR/app keeps the workspaces' layout, OUTDIR/usr/local/bin/node is the pinned Node. With --list it only says what, with --sbom the same as CycloneDX
// (--sbom=NAME@sha256:… with the base image it is put on).
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type Contents, contentsOf, images, readLockfile } from "./image-list.ts";
import { renderSbom } from "./image-sbom.ts";

const root = join(import.meta.dirname, "../..");

/** The pinned Node; in a build without it, the Node that runs this. */
function pinnedNode(): string {
  const pinned = join(root, "tools/node/node_modules/.bin/node");
  return realpathSync(existsSync(pinned) ? pinned : process.execPath);
}

function layOut({ files, packages, links }: Contents, folder: string): void {
  const app = join(folder, "app");
  for (const file of files) copy(join(root, file), join(app, file));
  for (const place of packages) copy(join(root, place), join(app, place), isLoaded);
  for (const [place, target] of Object.entries(links)) {
    const link = join(app, place);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(relative(dirname(link), join(app, target)), link);
  }
  const node = join(folder, "usr/local/bin/node");
  copy(pinnedNode(), node);
  // Who may run a program and not read it leaves no core dump and can't be traced: it would hold credentials.
  chmodSync(node, 0o711);
}

/** Source maps and declarations are for tools. What lies in a package's own node_modules is listed by itself. */
function isLoaded(path: string): boolean {
  return !/(\/node_modules|\.map|\.d\.[cm]?ts)$/.test(path);
}

function copy(from: string, to: string, filter: (path: string) => boolean = () => true): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, filter, dereference: true });
}

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
  layOut(contents, folder);
  process.stdout.write(
    `${image}: ${contents.files.length} files, ${contents.packages.length} packages in ${folder}/app\n`,
  );
  return 0;
}

process.exitCode = main(process.argv.slice(2));
