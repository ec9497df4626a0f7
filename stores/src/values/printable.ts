// Words that others wrote, fit for a terminal, a page, a log and a message: nothing in them steers what shows them.

/**
 * Controls (escape sequences among them), marks that turn the direction of text or can't be seen, line separators, and
 * halves of characters.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text with each of them as `\u` and four hex digits, which is the same text where it stands in JSON. */
export function printable(text: string): string {
  return text.replace(unseen, escaped);
}

/** The same of several lines, which stay lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

function escaped(character: string): string {
  let units = "";
  for (let index = 0; index < character.length; index += 1) {
    units += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return units;
}
