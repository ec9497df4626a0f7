// Lays out in a folder what an image holds. Equal trees give equal folders, modes included, whatever the umask.
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Contents } from "./image-list.ts";

const root = join(import.meta.dirname, "../..");

/** The pinned Node; in a build without it, the Node that runs this. */
export function pinnedNode(): string {
  const pinned = join(root, "tools/node/node_modules/.bin/node");
  return realpathSync(existsSync(pinned) ? pinned : process.execPath);
}

/** This project's files and packages, below `folder`/app. */
export function layOutApp({ files, packages, links }: Contents, folder: string): void {
  const app = join(folder, "app");
  for (const file of files) copy(join(root, file), join(app, file));
  for (const place of packages) copy(join(root, place), join(app, place), isLoaded);
  for (const [place, target] of Object.entries(links)) {
    const link = join(app, place);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(relative(dirname(link), join(app, target)), link);
  }
  settleModes(folder);
}

/** The program as `folder`/usr/local/bin/node. */
export function layOutNode(program: string, folder: string): void {
  const node = join(folder, "usr/local/bin/node");
  copy(program, node);
  settleModes(folder);
  // Who may run a program and not read it leaves no core dump and can't be traced: it would hold credentials.
  chmodSync(node, 0o711);
}

/** Everybody reads and nobody but the owner writes; what the owner may run, everybody may. */
export function settleModes(path: string): void {
  const status = lstatSync(path);
  if (status.isSymbolicLink()) return;
  if (status.isDirectory()) for (const name of readdirSync(path)) settleModes(join(path, name));
  chmodSync(path, status.isDirectory() || (status.mode & 0o100) !== 0 ? 0o755 : 0o644);
}

/**
 * Left out: source maps, declarations and sources in TypeScript, which Node doesn't load from a package; pages other than
 * licenses; tests; native parts for another runtime than Node. What lies in a package's own node_modules is listed by itself.
 */
function isLoaded(path: string): boolean {
  return (
    /\/(licen[cs]e|notice)[^/]*$/i.test(path) || !/(\/(node_modules|test)|\.(map|[cm]?ts|md|html|bare))$/.test(path)
  );
}

function copy(from: string, to: string, filter: (path: string) => boolean = () => true): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, filter, dereference: true });
}
