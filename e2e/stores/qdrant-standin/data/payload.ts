// Payloads: what a path reaches in them, and which part of them an answer shows.
// A path is names joined by dots, odd ones in quotes; `[]` steps into every element of a list, `[2]` into one.
import { isArray, isObject, type Json, type JsonObject } from "./json.ts";

/** Names, and places in lists; -1 for all of them. */
export type Path = readonly (string | number)[];

const name = String.raw`(?:"[^"\\]*"|[\p{L}\p{N}_-]+)`;
const wholePath = new RegExp(String.raw`^${name}(?:\[\d*\])*(?:\.${name}(?:\[\d*\])*)*$`, "u");

/** Whether Qdrant takes it for a path. */
export function isPath(text: string): boolean {
  return wholePath.test(text);
}

/** `a."b c"[].d` → `["a", "b c", -1, "d"]`. */
export function parsePath(text: string): Path {
  return Array.from(text.matchAll(/"([^"]*)"|\[(\d*)\]|([^.[\]"]+)/g), ([, quoted, place, plain]) => {
    if (place === undefined) return quoted ?? plain ?? "";
    return place === "" ? -1 : Number(place);
  });
}

/** Every value that the path reaches, lists not yet opened. */
export function valuesAt(payload: Json, path: Path): readonly Json[] {
  let values: readonly Json[] = [payload];
  for (const step of path) values = values.flatMap((value) => stepInto(value, step));
  return values;
}

/** Like `valuesAt`, a list standing for its elements. */
export function elementsAt(payload: Json, path: Path): readonly Json[] {
  return valuesAt(payload, path).flatMap((value) => (isArray(value) ? value : [value]));
}

function stepInto(value: Json, step: string | number): readonly Json[] {
  if (typeof step === "number") {
    if (!isArray(value)) return [];
    return step === -1 ? value : value.slice(step, step + 1);
  }
  if (!isObject(value) || !Object.hasOwn(value, step)) return [];
  const member = value[step];
  return member === undefined ? [] : [member];
}

/** What an answer shows: all, none, or what the list names. */
export type PathSelector = boolean | readonly string[];

/** Shows a payload, or the chosen part of it; undefined: the answer has no payload at all. */
export function payloadShower(selector: PathSelector): (payload: JsonObject) => JsonObject | undefined {
  if (typeof selector === "boolean") return (payload) => (selector ? payload : undefined);
  const tree = treeOf(selector);
  return (payload) => pick(payload, tree);
}

/** Names to keep; null stands for everything below. */
type Tree = Map<string, Tree | null>;

function treeOf(paths: readonly string[]): Tree {
  const root: Tree = new Map();
  for (const path of paths)
    addPath(
      root,
      parsePath(path).filter((each) => typeof each === "string"),
    );
  return root;
}

/** What one path names as a whole is shown whole, whatever another one names within it. */
function addPath(tree: Tree, [step = "", ...rest]: readonly string[]): void {
  const below = tree.get(step);
  if (below === null) return;
  if (rest.length === 0) return void tree.set(step, null);
  const next: Tree = below ?? new Map();
  tree.set(step, next);
  addPath(next, rest);
}

function pick(object: JsonObject, tree: Tree): JsonObject {
  const picked = Object.entries(object).flatMap(([name, value]) => {
    const below = tree.get(name);
    const shown = below === undefined ? undefined : pickValue(value, below);
    return shown === undefined ? [] : [[name, shown] as const];
  });
  return Object.fromEntries(picked);
}

function pickValue(value: Json, tree: Tree | null): Json | undefined {
  if (tree === null) return value;
  if (isObject(value)) return pick(value, tree);
  return isArray(value) ? value.flatMap((element) => pickValue(element, tree) ?? []) : undefined;
}
