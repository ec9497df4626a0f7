// Whether JSON of a store is too intricate to be parsed: each of its values takes many times the memory of its text. Pure.

/** Values and members of one answer; a search for a thousand chunks with thirty fields each has fewer. */
const mostValues = 500_000;
const mostLevels = 200;
const [quote, backslash, comma] = ['"', "\\", ","].map((char) => char.charCodeAt(0));
const [openList, openObject, closeList, closeObject] = ["[", "{", "]", "}"].map((char) => char.charCodeAt(0));

/** One pass over the text; what stands in its strings doesn't count. */
export function isIntricate(text: string): boolean {
  let values = 0;
  let levels = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
      continue;
    }
    if (code === openList || code === openObject) {
      values += 1;
      levels += 1;
    } else if (code === comma) values += 1;
    else if (code === closeList || code === closeObject) levels -= 1;
    if (values > mostValues || levels > mostLevels) return true;
  }
  return false;
}

/** Where the string that begins at `start` ends; the text's end when it doesn't. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = end;
    while (text.charCodeAt(slashes - 1) === backslash) slashes -= 1;
    if ((end - slashes) % 2 === 0) return end;
  }
  return text.length;
}
