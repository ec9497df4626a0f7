// Sentences on as many lines as they need: none is cut.
import { wrapAnsi } from "fast-wrap-ansi";

/** Between a number and its sign no line ends. */
const unbroken = "\u00a0";

/** A sentence behind `lead`; what goes on is indented by its width. */
export function hung(lead: string, sentence: string, columns: number): string[] {
  const indent = lead.length;
  const bound = sentence.replaceAll(/(?<=\d) (?=%)/g, unbroken);
  const parts = wrapAnsi(bound, Math.max(10, columns - indent), { hard: true })
    .replaceAll(unbroken, " ")
    .split("\n");
  return parts.map((part, index) => (index === 0 ? lead : " ".repeat(indent)) + part);
}

/** At most so many columns of a line, which may hold characters that take two. */
export function cut(line: string, columns: number): string {
  const begin = (width: number) =>
    wrapAnsi(line, width, { hard: true, trim: false, wordWrap: false }).split("\n")[0] ?? "";
  return begin(columns) === line ? line : `${begin(Math.max(2, columns - 3))}...`;
}
