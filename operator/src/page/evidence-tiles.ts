// One tile for each gate and line of harm: its value, the interval as a shaded bar, the limit, and what it rests on.
import { scaleSqrt } from "d3-scale";
import type { EvidenceRow } from "./evidence-rows.ts";
import { element, type Markup } from "./markup.ts";

const width = 200;
const height = 26;

export function evidenceTiles(rows: readonly EvidenceRow[]): Markup {
  return element("ul", { class: "tiles" }, ...rows.map(tile));
}

function tile(row: EvidenceRow): Markup {
  const { name, value, interval, limit, n, verdict, mood, message } = row;
  const range = interval === "-" ? "no interval" : `95 % interval ${interval}`;
  return element(
    "li",
    { class: mood === "" ? undefined : mood },
    element("span", {}, name),
    element("strong", {}, value),
    bar(row),
    element("span", {}, `${range}, limit ${limit}, n ${n}`),
    element("b", {}, verdict),
    message === "" ? undefined : element("small", {}, message),
  );
}

/** From 0 to twice the limit or beyond the interval, on a square-root scale; nothing where nothing was measured. */
function bar({ name, value, interval, limit, numbers }: EvidenceRow): Markup | undefined {
  if (numbers === null) return undefined;
  const { low, high } = numbers;
  const most = Math.max(numbers.limit * 2, high, numbers.value, 1e-6);
  const x = scaleSqrt()
    .domain([0, most])
    .range([2, width - 2])
    .clamp(true);
  return element(
    "svg",
    {
      class: "bar",
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": `${name}: ${value}, ${interval} of ${limit}`,
    },
    element("line", { class: "row", x1: 2, x2: width - 2, y1: height / 2, y2: height / 2 }),
    element("rect", {
      class: "interval",
      x: x(low),
      y: 7,
      width: Math.max(2, x(high) - x(low)),
      height: height - 14,
      rx: 3,
    }),
    element("line", { class: "limit", x1: x(numbers.limit), x2: x(numbers.limit), y1: 2, y2: height - 2 }),
    element("circle", { class: "value", cx: x(numbers.value), cy: height / 2, r: 4 }),
  );
}
