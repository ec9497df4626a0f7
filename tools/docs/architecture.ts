// The drawing of the operator's rooms in docs/architecture.md, made from their layers. Pure: page in, page out.
import { layers } from "../stats/layers.ts";

const begin = "<!-- The rooms, generated from tools/stats/layers.ts by `make generate`. -->";
const end = "<!-- End of the rooms. -->";
/** Places in one line of a box. */
const width = 4;

/** The page with its drawing made anew. Throws when the page has no place for it. */
export function drawRooms(page: string): string {
  const [before, rest] = page.split(begin, 2);
  const after = rest?.split(end, 2)[1];
  if (before === undefined || after === undefined) throw new Error(`the page lacks "${begin}" or "${end}"`);
  return `${before}${begin}\n\n${renderRooms(layers["operator"] ?? [])}\n\n${end}${after}`;
}

/** Layers from the highest to the lowest, those of the pure core in a frame; an arrow may be followed by an import. */
export function renderRooms(declared: readonly (readonly string[])[]): string {
  const boxes = declared.map((places, level) => ({ name: `l${level}`, places, isCore: places.every(isOfCore) }));
  const highestFirst = boxes.toReversed();
  const draw = ({ name, places }: (typeof boxes)[number]): string => `  ${name}["${wrap(places)}"]`;
  return [
    "```mermaid",
    "flowchart TB",
    ...highestFirst.filter(({ isCore }) => !isCore).map(draw),
    '  subgraph core ["pure: no clock, no chance, no I/O, no promise"]',
    ...highestFirst.filter(({ isCore }) => isCore).map((box) => `  ${draw(box)}`),
    "  end",
    ...highestFirst.slice(1).map(({ name }, index) => `  ${highestFirst[index]?.name ?? ""} --> ${name}`),
    "```",
  ].join("\n");
}

function isOfCore(place: string): boolean {
  return place === "core" || place.startsWith("core/");
}

function wrap(places: readonly string[]): string {
  const lines = Array.from({ length: Math.ceil(places.length / width) }, (_, line) =>
    places.slice(line * width, (line + 1) * width).join(" · "),
  );
  return lines.join("<br/>");
}
