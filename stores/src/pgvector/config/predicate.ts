// A condition of one's own in front of a table: one expression in SQL that can't end, or lead out of, the statement it
// stands in. Whether it is one is for Postgres to say. Pure.

/** A backslash could escape a quote, `$` begins a parameter of the query or a text without quotes. */
const forbidden: readonly (readonly [RegExp, string])[] = [
  [/['"]/, "expected every quote to be closed"],
  [/;/, "expected one expression, without a semicolon"],
  [/--|\/\*/, "expected no comment"],
  [/\$/, "expected no $"],
  [/^\s*$/, "expected an expression"],
];

/** What a condition mustn't hold; null: nothing. Texts and quoted names may hold anything but a backslash. */
export function faultOfPredicate(text: string): string | null {
  if (text.includes("\\")) return "expected no backslash";
  if (/[^\P{Cc}\n\r\t]/u.test(text)) return "expected no control character";
  const bare = text.replaceAll(/'[^']*'|"[^"]*"/g, "x");
  const found = forbidden.find(([pattern]) => pattern.test(bare));
  if (found !== undefined) return found[1];
  return isBalanced(bare) ? null : "expected every parenthesis and bracket to be closed";
}

function isBalanced(text: string): boolean {
  const open: string[] = [];
  for (const char of text) {
    if (char === "(" || char === "[") open.push(char === "(" ? ")" : "]");
    else if ((char === ")" || char === "]") && open.pop() !== char) return false;
  }
  return open.length === 0;
}
