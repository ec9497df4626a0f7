// A table that stays one where its rows are stacked on a phone: its roles are said, and each cell knows its column.
import { element, type Markup } from "./markup.ts";

type TableData = {
  /** Said to whoever can't see where the table stands. */
  readonly caption: string;
  /** `kind` is a class of the style: n (number), t (time, never broken), r (reason), w (words). */
  readonly columns: readonly { readonly title: string; readonly kind?: string }[];
  readonly rows: readonly {
    readonly cells: readonly (string | Markup)[];
    /** Class of the row: event, decision, alarm, minor, good, bad, warn. */
    readonly kind?: string;
    readonly id?: string;
  }[];
};

export function dataTable({ caption, columns, rows }: TableData): Markup {
  const heads = columns.map(({ title, kind }) =>
    element("th", { role: "columnheader", scope: "col", class: kind }, title),
  );
  const lines = rows.map(({ cells, kind, id }) =>
    element(
      "tr",
      { role: "row", class: kind, id },
      ...cells.map((cell, index) => {
        const column = columns[index];
        return element("td", { role: "cell", class: column?.kind, "data-title": column?.title }, cell);
      }),
    ),
  );
  return element(
    "table",
    { role: "table", "aria-label": caption },
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads)),
    element("tbody", { role: "rowgroup" }, ...lines),
  );
}
