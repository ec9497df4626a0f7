// Markdown from words that others wrote: whatever they are, they come out as themselves and never as markup.
import { printable } from "@retriever/stores/values/printable.ts";

/** What CommonMark and its tables, strike-through and links give a meaning; `<` and `&` begin HTML and entities. */
const meaningful = /[\\`*_{}[\]<>|~&#!$@]/g;
/** What begins a list, a quotation or a line of dashes. */
const opening = /^(\s*)([-+=]|\d+[.)])(?=\s|$|[-=])/;
/** What is made a link without any mark. */
const links = /(?<=https?|ftp|mailto|xmpp):|(?<=www)\./gi;

/** On one line. */
export function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(meaningful, "\\$&")
    .replace(links, "\\$&")
    .replace(opening, (_all, space: string, mark: string) => `${space}${mark.slice(0, -1)}\\${mark.slice(-1)}`);
}

/** A table; cells are escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => escapeMarkdown(cell) || " ").join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)];
}

/** A block of code, whatever marks are in it. */
export function markdownBlock(language: string, text: string): string[] {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, text, fence];
}
