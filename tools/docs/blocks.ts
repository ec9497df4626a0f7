// The blocks of code of a page in Markdown: fenced and indented ones, with the comment that says why one isn't run. Pure.

export type Block = {
  readonly page: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  /** `yaml` of a fence; "" where none is named, and for indented blocks. */
  readonly language: string;
  readonly text: string;
  /** From `<!-- not run here: why -->` right above. */
  readonly notRun: string | undefined;
};

const marker = /^<!-- not run here: (.+) -->$/;

/** Indented lines within a list continue its item: they are no code. */
export function blocksOf(page: string, markdown: string): Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  let above = "";
  for (let index = 0; index < lines.length; index += 1) {
    const row = lines[index] ?? "";
    const end = row.startsWith("```") ? fenceEnd(lines, index) : indentEnd(lines, index, above);
    if (end !== undefined) {
      const isFence = row.startsWith("```");
      const code = isFence ? lines.slice(index + 1, end) : lines.slice(index, end).map((one) => one.slice(4));
      blocks.push({
        page,
        line: index + (isFence ? 2 : 1),
        language: isFence ? row.slice(3).trim() : "",
        text: code.join("\n").trimEnd(),
        notRun: marker.exec(above)?.[1],
      });
      index = isFence ? end : end - 1;
      above = "";
    } else if (row.trim() !== "") above = row;
  }
  return blocks;
}

function fenceEnd(lines: readonly string[], start: number): number {
  const end = lines.findIndex((line, index) => index > start && line.startsWith("```"));
  return end === -1 ? lines.length : end;
}

/** The line behind an indented block, or undefined where none begins. */
function indentEnd(lines: readonly string[], start: number, above: string): number | undefined {
  const isCode = (line: string | undefined): boolean => line?.startsWith("    ") === true && line.trim() !== "";
  if (!isCode(lines[start]) || /^\s*([-*]|\d+\.) |^ +\S/.test(above)) return undefined;
  if (start > 0 && lines[start - 1]?.trim() !== "") return undefined;
  let end = start;
  for (let index = start; index < lines.length; index += 1) {
    if (isCode(lines[index])) end = index + 1;
    else if (lines[index]?.trim() !== "") break;
  }
  return end;
}

/** The page without its blocks: what is said in words, each line in its place. */
export function proseOf(markdown: string): string {
  const lines = markdown.replaceAll(/^```.*?^```$/gms, (fence) => fence.replaceAll(/[^\n]/g, "")).split("\n");
  for (const { line, text } of blocksOf("", lines.join("\n")))
    lines.fill("", line - 1, line - 1 + text.split("\n").length);
  return lines.join("\n");
}

/** Commands of a block, without remarks: a line that ends in a backslash goes on. Lines that begin no command are no text of ours. */
export function commandsOf({ text }: Block): string[] {
  const joined = text.replaceAll(/\\\n\s*/g, "");
  const bare = joined.split("\n").map((line) => line.replace(/\s+#\s.*$/, "").trim());
  return bare.filter((line) => /^(npx |make |node |kubectl[ -]|retriever-(sidecar|data) )/.test(line));
}
