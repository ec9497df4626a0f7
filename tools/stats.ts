// The size and shape of the tree: a table of workspaces, a table of figures with their limits, and the figures as one
// JSON object on the last line. `--list` prints what each figure counts. Exit 1 when A2 to A5 are over their
// limits; A1 is a goal that is only reported.
import { join } from "node:path";
import Table from "cli-table3";
import { type Figure, measure, type WorkspaceSize } from "./stats/figures.ts";

function isOver({ value, limit }: Figure): boolean {
  return value > limit;
}

function renderWorkspaces(workspaces: readonly WorkspaceSize[]): string {
  const table = new Table({
    head: ["workspace", "source lines", "largest room", "its sources"],
    colAligns: ["left", "right", "left", "right"],
    style: { head: [], border: [] },
  });
  for (const { workspace, lines, room, sources } of workspaces) table.push([workspace, lines, room, sources]);
  return table.toString();
}

function renderFigures(figures: readonly Figure[]): string {
  const table = new Table({
    head: ["id", "what", "now", "limit", ""],
    colAligns: ["left", "left", "right", "right", "left"],
    style: { head: [], border: [] },
  });
  for (const figure of figures) {
    const { id, what, value, limit } = figure;
    table.push([id, what, value, limit, isOver(figure) ? "over" : ""]);
  }
  return table.toString();
}

/** Figures by id; an id with several figures holds them by part. */
function asJson(figures: readonly Figure[]): string {
  const byId: Record<string, number | Record<string, number>> = {};
  for (const { id, part, value } of figures) {
    const others = byId[id];
    if (part === undefined) byId[id] = value;
    else byId[id] = { ...(typeof others === "object" ? others : {}), [part]: value };
  }
  return JSON.stringify(byId);
}

const { figures, workspaces } = await measure(join(import.meta.dirname, ".."));

if (process.argv.includes("--list")) {
  for (const { id, what, places } of figures) {
    for (const place of places) process.stdout.write(`${id} ${what}: ${place}\n`);
  }
}
process.stdout.write(`${renderWorkspaces(workspaces)}\n${renderFigures(figures)}\n${asJson(figures)}\n`);
process.exitCode = figures.some((figure) => isOver(figure) && figure.reportOnly !== true) ? 1 : 0;
