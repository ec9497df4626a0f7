// The files of the tree as every figure reads them: what is tracked or about to be, and what of it is a test.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

export type SourceFile = { readonly path: string; readonly text: string };

/** Test files, and everything in a folder of test support or recorded data. */
export function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || /(^|\/)(test|testdata)\//.test(path);
}

/** Paths of the tree, deleted and ignored files left out. Throws when git fails. */
export async function treePaths(root: string): Promise<string[]> {
  const command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { code, stdout, output } = await runCommand(command, { cwd: root, deadlineSeconds: 30 });
  if (code !== 0) throw new Error(`git lists no files:\n${output}`);
  const paths = stdout.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
  return [...new Set(paths)].toSorted();
}

export function readSource(root: string, path: string): SourceFile {
  return { path, text: readFileSync(join(root, path), "utf8") };
}

/** Lines as `wc -l` counts them, comments included. */
export function lineCount({ text }: SourceFile): number {
  return text.split("\n").length - 1;
}

/** The first folder of a path: the workspace it belongs to. */
export function workspaceOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : ".";
}
