// The parts of a page in Markdown that several pages have.

/** Lines of a table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const [first = "", ...rest] = [head, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return [first, `|${"---|".repeat(head.length)}`, ...rest];
}

export function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}
