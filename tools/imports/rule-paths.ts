// Which names a rule of the import matrix speaks of: a pattern that names a folder which is gone guards nothing, and
// nothing else would say so. Pure but for `knownPaths`, which lists what there is to match.
import { readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { treePaths } from "../tree.ts";

/** The paths that a rule reads, as dependency-cruiser takes them. */
type Side = { readonly path?: string; readonly pathNot?: string };
export type Rule = { readonly name: string; readonly from: Side; readonly to: Side };

/** Text, or a group with its alternatives: `(a|b)`, `(?!a|b)`. */
type Part = string | Group;
type Group = { readonly opening: string; readonly branches: readonly (readonly Part[])[] };

/** "No path at all": the rule is about tests as well. */
const nothing = "^$";

/** The alternatives of a rule that match none of `paths`, each as `RULE: PATTERN`. */
export function unmatchedNames({ name, from, to }: Rule, paths: readonly string[]): string[] {
  const patterns = [from.path, from.pathNot, to.path, to.pathNot].filter((pattern) => pattern !== undefined);
  const alternatives = patterns.filter((pattern) => pattern !== nothing).flatMap(alternativesOf);
  const unmatched = alternatives.filter((alternative) => !paths.some((path) => new RegExp(alternative).test(path)));
  return [...new Set(unmatched)].map((alternative) => `${name}: ${alternative}`);
}

/**
 * The pattern once for each of its alternatives, the others left open: `^a/(b|c)/(d|e)` as `^a/(b)/(d|e)`, `^a/(c)/(d|e)`
 * and so on. What a lookahead keeps out must be there to be kept out, so it is asked for. A reference to what the other
 * side matched (`$1`) stands for any one name.
 */
export function alternativesOf(pattern: string): string[] {
  const { branches } = parseGroup(pattern.replaceAll(/\$\d/g, "[^/]+"), 0, "");
  return branches.flatMap(fixedBranches);
}

function fixedBranches(parts: readonly Part[]): string[] {
  const groups = parts.flatMap((part, index) => (typeof part === "string" ? [] : [{ part, index }]));
  if (groups.length === 0) return [parts.map(print).join("")];
  return groups.flatMap(({ part, index }) =>
    part.branches.flatMap(fixedBranches).map((fixed) => {
      const opening = part.opening === "(?!" ? "(?=" : part.opening;
      const before = parts.slice(0, index).map(print).join("");
      // A quantifier of the group is the beginning of what follows it: this branch has to be there.
      const after = parts
        .slice(index + 1)
        .map(print)
        .join("")
        .replace(/^[?*]/, "");
      return `${before}${opening}${fixed})${after}`;
    }),
  );
}

function print(part: Part): string {
  if (typeof part === "string") return part;
  return `${part.opening}${part.branches.map((branch) => branch.map(print).join("")).join("|")})`;
}

/** Reads a group from behind its opening to its closing bracket, or to the end of the pattern. */
function parseGroup(pattern: string, start: number, opening: string): Group & { readonly end: number } {
  const branches: Part[][] = [[]];
  let at = start;
  while (at < pattern.length && pattern[at] !== ")") {
    const found = /^\((?:\?[:!=])?/.exec(pattern.slice(at))?.[0];
    if (found !== undefined) {
      const group = parseGroup(pattern, at + found.length, found);
      branches.at(-1)?.push(group);
      at = group.end;
    } else if (pattern[at] === "|") {
      branches.push([]);
      at += 1;
    } else {
      const text = /^(?:\\.|\[[^\]]*\]|.)/.exec(pattern.slice(at))?.[0] ?? "";
      branches.at(-1)?.push(text);
      at += text.length;
    }
  }
  return { opening, branches, end: at + 1 };
}

/** What a rule can be about: the tree's files, a file of every installed package, the modules of Node in both forms. */
export async function knownPaths(root: string): Promise<string[]> {
  const packages = installedIn(join(root, "node_modules")).map((name) => `node_modules/${name}/package.json`);
  const builtin = builtinModules.flatMap((name) => [name, `node:${name}`]);
  return [...(await treePaths(root)), ...packages, ...builtin];
}

function installedIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}
