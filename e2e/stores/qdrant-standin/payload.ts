// Payloads: what a path reaches in them, and which part of them an answer shows.
// A path is names joined by dots; `[]` steps into every element of a list, `[2]` into one.
import { ShapeFault } from "./fault.ts";
import { isArray, type Json, JsonObject } from "./json-value.ts";
import { asString } from "./members.ts";

export type Path = readonly string[];

/** `a.b[].c` → `["a", "b", "[]", "c"]`. */
export function parsePath(text: string): Path {
  return text.match(/\[\d*\]|[^.[\]]+/g) ?? [];
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

function stepInto(value: Json, step: string): readonly Json[] {
  if (step.startsWith("[")) {
    if (!isArray(value)) return [];
    if (step === "[]") return value;
    const element = value[Number(step.slice(1, -1))];
    return element === undefined ? [] : [element];
  }
  const member = value instanceof JsonObject ? value.get(step) : undefined;
  return member === undefined ? [] : [member];
}

/** Shows a payload, or the chosen part of it; undefined: the answer has no payload at all. */
export type PayloadSelector = (payload: JsonObject) => JsonObject | undefined;

/** `with_payload` of a request: a boolean, a list of paths, or `include` or `exclude`. */
export function parsePayloadSelector(value: Json | undefined, byDefault: boolean): PayloadSelector {
  if (value === undefined || value === null) return byDefault ? whole : nothing;
  if (typeof value === "boolean") return value ? whole : nothing;
  if (isArray(value)) return includeOnly(value.map(asString));
  if (value instanceof JsonObject) {
    const include = value.get("include");
    if (isArray(include)) return includeOnly(include.map(asString));
    const exclude = value.get("exclude");
    if (isArray(exclude)) return excludeAll(exclude.map(asString));
  }
  throw new ShapeFault("data did not match any variant of untagged enum WithPayloadInterface");
}

function whole(payload: JsonObject): JsonObject {
  return payload;
}

function nothing(): undefined {
  return undefined;
}

/** Names to keep or to leave out; an empty tree stands for everything below. */
type Tree = Map<string, Tree>;

function treeOf(paths: readonly string[]): Tree {
  const root: Tree = new Map();
  for (const path of paths) {
    let tree = root;
    for (const step of parsePath(path).filter((name) => !name.startsWith("["))) {
      const next: Tree = tree.get(step) ?? new Map();
      tree.set(step, next);
      tree = next;
    }
  }
  return root;
}

function includeOnly(paths: readonly string[]): PayloadSelector {
  const tree = treeOf(paths);
  return (payload) => pick(payload, tree);
}

function pick(object: JsonObject, tree: Tree): JsonObject {
  const picked = new JsonObject();
  for (const [name, value] of object) {
    const below = tree.get(name);
    const shown = below === undefined ? undefined : pickValue(value, below);
    if (shown !== undefined) picked.set(name, shown);
  }
  return picked;
}

function pickValue(value: Json, tree: Tree): Json | undefined {
  if (tree.size === 0) return value;
  if (value instanceof JsonObject) return pick(value, tree);
  return isArray(value) ? value.flatMap((element) => pickValue(element, tree) ?? []) : undefined;
}

function excludeAll(paths: readonly string[]): PayloadSelector {
  const tree = treeOf(paths);
  return (payload) => omit(payload, tree);
}

function omit(object: JsonObject, tree: Tree): JsonObject {
  const left = new JsonObject();
  for (const [name, value] of object) {
    const below = tree.get(name);
    if (below === undefined) left.set(name, value);
    else if (below.size > 0) left.set(name, value instanceof JsonObject ? omit(value, below) : value);
  }
  return left;
}
