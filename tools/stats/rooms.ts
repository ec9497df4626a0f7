// Rooms (folders with sources directly in them): how many sources each has, and whether their imports have a direction.

import { isTest } from "../tree.ts";
import type { Layers } from "./layers.ts";

type Import = { readonly from: string; readonly to: string };
type Room = { readonly name: string; readonly sources: number };
export type Arrow = { readonly from: string; readonly to: string; readonly file: string };

/** The room of a workspace with the most sources; undefined when it has none. */
export function largestRoom(paths: readonly string[], workspace: string): Room | undefined {
  const sizes = new Map<string, number>();
  for (const path of paths) {
    if (!path.startsWith(`${workspace}/`) || isTest(path) || !path.endsWith(".ts")) continue;
    sizes.set(folderOf(path), (sizes.get(folderOf(path)) ?? 0) + 1);
  }
  const rooms = [...sizes].map(([name, sources]) => ({ name, sources }));
  return rooms.toSorted((a, b) => b.sources - a.sources || a.name.localeCompare(b.name))[0];
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/**
 * What an import leaves or reaches: the folder. A file directly in a workspace or its `src` stands for itself: the code
 * table, which all import, and the entry, which imports all, share that folder.
 */
function placeOf(path: string): string {
  return /^[^/]+\/(src\/)?[^/]+$/.test(path) ? path : folderOf(path);
}

/** Imports from one place of `workspace` to another, tests left out; one arrow per file. */
export function arrowsIn(workspace: string, imports: readonly Import[]): Arrow[] {
  const isOwn = (path: string): boolean => path.startsWith(`${workspace}/`) && path.endsWith(".ts") && !isTest(path);
  return imports
    .filter(({ from, to }) => isOwn(from) && isOwn(to))
    .map(({ from, to }) => ({ from: placeOf(from), to: placeOf(to), file: from }))
    .filter(({ from, to }) => from !== to);
}

/** Groups of places each of which reaches all others of its group. */
export function circles(arrows: readonly Arrow[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  const reached = new Map([...next.keys()].map((place) => [place, reachable(place, next)]));
  const groups = new Map<string, string[]>();
  for (const [place, others] of reached) {
    if (!others.has(place)) continue;
    const group = [...others].filter((other) => reached.get(other)?.has(place)).toSorted();
    groups.set(group.join(), group);
  }
  return [...groups.values()];
}

function reachable(start: string, next: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const seen = new Set<string>();
  const waiting = [start];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    for (const to of next.get(place) ?? []) {
      if (seen.has(to)) continue;
      seen.add(to);
      waiting.push(to);
    }
  }
  return seen;
}

type LayerFaults = {
  readonly upward: readonly Arrow[];
  /** Places that no layer names: their imports can't be judged. */
  readonly unplaced: readonly string[];
  /** Places that a layer names and that hold no source. */
  readonly gone: readonly string[];
};

/** Holds the arrows of a workspace against its layers; `paths` are those of the tree. */
export function judgeLayers(
  workspace: string,
  layers: Layers,
  paths: readonly string[],
  arrows: readonly Arrow[],
): LayerFaults {
  const hasSrc = paths.some((path) => path.startsWith(`${workspace}/src/`));
  const root = hasSrc ? `${workspace}/src` : workspace;
  const height = new Map<string, number>(
    layers.flatMap((places, level) => places.map((place) => [`${root}/${place}`, level] as const)),
  );
  const sources = paths.filter((path) => path.startsWith(`${root}/`) && path.endsWith(".ts") && !isTest(path));
  const places = new Set(sources.map(placeOf));
  return {
    upward: arrows.filter(({ from, to }) => (height.get(to) ?? -1) > (height.get(from) ?? Number.POSITIVE_INFINITY)),
    unplaced: [...places].filter((place) => !height.has(place)),
    gone: [...height.keys()].filter((place) => !places.has(place)),
  };
}
