// Text in columns, without borders.
import Table from "cli-table3";

const places = ["top", "bottom", "left", "right", "mid", "middle"];
const noBorders = Object.fromEntries(
  places.flatMap((place) =>
    [place, `${place}-mid`, `${place}-left`, `${place}-right`, `mid-mid`].map((at) => [at, ""]),
  ),
);

/** One line for each row, columns as wide as their widest cell with `gap` between them. */
export function renderTable(rows: readonly (readonly string[])[], gap = "  "): string[] {
  if (rows.length === 0) return [];
  const style = { head: [], border: [], "padding-left": 0, "padding-right": 0 };
  const table = new Table({ chars: { ...noBorders, middle: gap }, style });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}
