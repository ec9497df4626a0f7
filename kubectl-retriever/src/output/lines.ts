// Lines of a screen: sentences are wrapped whole, tables clipped, sections left out when there is too little room.

import { clipped, counted } from "@retriever/operator/page/words.ts";
import { cut, hung } from "#text/wrap.ts";

/** Lines that belong together; the highest `rank` is left out first when there is too little room. */
export type Section = {
  readonly rank: number;
  /** What it is called where it is left out. */
  readonly title: string;
  readonly lines: readonly string[];
  /** The first line is its head; rows may be left out one by one, and cut at the right. */
  readonly isTable?: boolean;
};

/** Title, word and sentence. */
export type Row = { readonly title: string; readonly word: string; readonly rest: string };

export function row(title: string, word: string, rest: string): Row {
  return { title, word, rest };
}

/** A row in columns. */
export function printRow({ title, word, rest }: Row): string {
  return `${title.padEnd(14)} ${word.padEnd(10)} ${rest}`;
}

const rowIndent = 26;
/** Below it, what goes on begins further left: a column of ten characters is no text. */
const narrow = 60;

/** A sentence, or a row's, on as many lines as it needs. Nothing a terminal would obey is left in it. */
export function wrapped(line: string, columns: number): string[] {
  const text = clipped(line, Number.MAX_SAFE_INTEGER);
  if (mostColumns(text) <= columns) return [text];
  const indent = isRow(text) && columns >= narrow ? rowIndent : 2;
  const [lead, rest] = [text.slice(0, indent), text.slice(indent)];
  if (lead.endsWith(" ") || !rest.startsWith(" ")) return hung(lead, rest.trimStart(), columns);
  // The word that ends where the indent does stays apart from the next one.
  return hung("", text, columns - indent).map((part, at) => " ".repeat(at === 0 ? 0 : indent) + part);
}

/** Characters of some scripts take two columns, and none takes more. */
const mostColumns = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : text.length * 2);

/** A line of a table: what is too much at the right is cut. */
export function fitted(line: string, columns: number): string {
  const text = clipped(line, Number.MAX_SAFE_INTEGER);
  if (mostColumns(text) <= columns) return text;
  return text.length === mostColumns(text) ? clipped(text, columns) : cut(text, columns);
}

const isRow = (text: string): boolean => /^[A-Z][A-Z ]{13} /.test(text);

type Room = { readonly columns: number; readonly rows: number };

/** At most as many lines as there is room for. Rows of tables go before what is said in sentences; what is missing is named in the last line, if there is one left. */
export function fit(sections: readonly Section[], { columns, rows: room }: Room): string[] {
  let kept = sections.filter(({ lines }) => lines.length > 0);
  const size = () => kept.reduce((sum, { lines }) => sum + lines.length, 0);
  if (size() > room) kept = kept.map((each) => ({ ...each, lines: each.lines.filter((line) => line !== "") }));
  const missing: string[] = [];
  while (size() > room && kept.length > 1) {
    const over = size() - room;
    const last = kept.toSorted((a, b) => b.rank - a.rank)[0];
    if (last === undefined) break;
    const spare = last.lines.length - 2;
    kept = kept.flatMap((each) => {
      if (each !== last) return [each];
      return last.isTable === true && spare > over ? [shortened(each, over + 1)] : [];
    });
    if (!kept.some(({ title }) => title === last.title)) missing.unshift(last.title);
  }
  const lines = kept.flatMap((section) => section.lines).slice(0, room);
  if (missing.length === 0 || lines.length === room) return lines;
  return [...lines, leftOut(missing, columns)];
}

/** By name where they fit on the line. */
function leftOut(titles: readonly string[], columns: number): string {
  const named = `No room for ${titles.join(", ")}: make the terminal taller, or use -o yaml`;
  return named.length <= columns ? named : `No room for ${counted(titles.length, "more part")}: use -o yaml`;
}

function shortened(table: Section, by: number): Section {
  const left = table.lines.length - by;
  return { ...table, lines: [...table.lines.slice(0, left), `... and ${by} more rows`] };
}
