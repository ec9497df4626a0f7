// The figures of the tree, each with its limit and with what it counts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cruise } from "../imports/import-matrix.ts";
import { isTest, lineCount, readSource, type SourceFile, treePaths, workspaceOf } from "../tree.ts";
import { layers } from "./layers.ts";
import { onlyPassesOn, smallFileLines } from "./pass-on.ts";
import { type Arrow, arrowsIn, circles, judgeLayers, largestRoom } from "./rooms.ts";
import { type ParsedFile, parseFile } from "./syntax.ts";
import { unusedExports } from "./unused-exports.ts";
import { wordsInChart, wordsInPaths, wordsInSource } from "./word-scan.ts";

export type Figure = {
  readonly id: string;
  /** Set where an id has several figures. */
  readonly part?: string;
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  /** Printed, and never a reason to fail. */
  readonly reportOnly?: true;
  readonly places: readonly string[];
};

export type WorkspaceSize = {
  readonly workspace: string;
  readonly lines: number;
  readonly room: string;
  readonly sources: number;
};

type Stats = { readonly figures: readonly Figure[]; readonly workspaces: readonly WorkspaceSize[] };

/** Files of a chart that people write; the others are made from sources or of these. */
const chartFile = /^(charts\/(?!.*\/(renderings|files\/crds)\/)|examples\/).*\.(ya?ml|tpl|json)$/;

type Tree = {
  readonly paths: readonly string[];
  readonly sources: readonly SourceFile[];
  readonly parsed: readonly ParsedFile[];
  readonly workspaces: readonly string[];
};

export async function measure(root: string): Promise<Stats> {
  const paths = await treePaths(root);
  const files = paths.filter((path) => path.endsWith(".ts") && !/(^|\/)testdata\//.test(path));
  const all = files.map((path) => readSource(root, path));
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { workspaces: readonly string[] };
  const tree: Tree = {
    paths,
    sources: all.filter(({ path }) => !isTest(path)),
    parsed: all.map(parseFile),
    workspaces: [...manifest.workspaces, "tools"],
  };
  const { imports } = await cruise(root, tree.workspaces);
  const targets = new Map(imports.map(({ from, specifier, to }) => [`${from} ${specifier}`, to]));
  const unused = unusedExports(tree.parsed, (from, specifier) => targets.get(`${from} ${specifier}`));
  const charts = paths.filter((path) => chartFile.test(path)).map((path) => readSource(root, path));
  const lines = sum(tree.sources);
  return {
    workspaces: tree.workspaces.map((workspace) => sizeOf(workspace, tree)),
    figures: [
      { id: "A1", what: "source lines", value: lines, limit: 52_000, reportOnly: true, places: [] },
      figure(
        "A2",
        "exports nobody else imports",
        20,
        unused.map(({ path, line, name }) => `${path}:${line} ${name}`),
      ),
      ...roomFigures(tree, imports),
      figure("A4", `files under ${smallFileLines} lines that only pass on`, 0, hops(tree)),
      figure("A5", "replaced words still in use", 0, wordPlaces(tree, charts)),
    ],
  };
}

function figure(id: string, what: string, limit: number, places: readonly string[]): Figure {
  return { id, what, value: places.length, limit, places };
}

function sum(sources: readonly SourceFile[]): number {
  return sources.reduce((total, source) => total + lineCount(source), 0);
}

function sizeOf(workspace: string, { paths, sources }: Tree): WorkspaceSize {
  const room = largestRoom(paths, workspace);
  const own = sources.filter(({ path }) => workspaceOf(path) === workspace);
  return { workspace, lines: sum(own), room: room?.name ?? "", sources: room?.sources ?? 0 };
}

function roomFigures(tree: Tree, imports: Parameters<typeof arrowsIn>[1]): Figure[] {
  const arrows = new Map(tree.workspaces.map((workspace) => [workspace, arrowsIn(workspace, imports)]));
  const faults = Object.entries(layers).map(([workspace, declared]) =>
    judgeLayers(workspace, declared, tree.paths, arrows.get(workspace) ?? []),
  );
  const rings = [...arrows.values()].flatMap(circles);
  const { room, sources } = sizeOf("operator", tree);
  const unclear = faults.flatMap(({ unplaced, gone }) => [
    ...unplaced.map((place) => `${place} is in no layer of tools/stats/layers.ts`),
    ...gone.map((place) => `${place} is in a layer of tools/stats/layers.ts and holds no source`),
  ]);
  const upward = faults.flatMap((fault) => fault.upward.map(describeArrow));
  const largest = { id: "A3", what: "sources of the operator's largest room", limit: 14, places: [room] };
  return [
    { ...largest, part: "sources", value: sources },
    { ...figure("A3", "upward arrows between rooms", 0, upward), part: "upward" },
    {
      ...figure(
        "A3",
        "circles of rooms",
        0,
        rings.map((ring) => ring.join(" ")),
      ),
      part: "circles",
    },
    { ...figure("A3", "rooms without a layer, layers without a room", 0, unclear), part: "unplaced" },
  ];
}

function describeArrow({ from, to, file }: Arrow): string {
  return `${file}: ${from} imports ${to}`;
}

function hops({ sources, parsed }: Tree): string[] {
  const small = new Set(sources.filter((source) => lineCount(source) < smallFileLines).map(({ path }) => path));
  return parsed.filter(({ path, statements }) => small.has(path) && onlyPassesOn(statements)).map(({ path }) => path);
}

function wordPlaces({ parsed, paths }: Tree, charts: readonly SourceFile[]): string[] {
  const named = paths.filter((path) => !/(^|\/)testdata\//.test(path));
  const uses = [...parsed.flatMap(wordsInSource), ...charts.flatMap(wordsInChart), ...wordsInPaths(named)];
  return uses
    .toSorted((a, b) => a.word.localeCompare(b.word))
    .map(({ word, path, line, text }) => `${word}: ${path}${line === 0 ? "" : `:${line}`} ${text}`);
}
