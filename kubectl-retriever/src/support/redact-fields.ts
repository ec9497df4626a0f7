// Values of fields that are named like a secret, wherever such a field is written in a text: options, headers, variables,
// JSON at any depth of escaping, YAML, XML. Rather too much is taken out than too little. Linear in the text.
import { mark } from "./mark.ts";
import { isHeaderName, isSecretName } from "./secret-names.ts";

/** What comes before a value; the first group is its name. Each begins where a name does, and so passes over it once. */
const heads: readonly RegExp[] = [
  // `password: x`, `"password":"x"`, `\"password\":\"x\"`, `PGPASSWORD=x`, `password => x`, `<password>x`
  /(?<![\w$.-])([\w$.-]+)\\*["'`]?[ \t]{0,20}(?:=>|:=|[=:>]|%3[ad]|\\u003[ad])[ \t]{0,20}/gi,
  // `--password x`
  /(?<![\w-])--?(\w[\w-]*)[ \t]{1,20}(?=[^\s-])/g,
  // `"--password", "x"`
  /(?<=["'`])-{0,2}(\w[\w-]*)\\*["'`]\s{0,20},\s{0,20}(?=\\*["'`])/g,
  // `name: PGPASSWORD`, on the next line `value: x`
  /(?<!\w)(?:name|key)\\*["']?[ \t]{0,20}[:=][ \t]{0,20}\\*["']?([\w.-]+)\\*["']?(?:\\n|[\s,]){1,20}\\*["']?value\\*["']?[ \t]{0,20}[:=][ \t]{0,20}/gi,
  // `password "x" rejected`
  /(?<![\w-])([\w-]+)(?: is)? (?=\\*["'`])/g,
];

export function redactFields(text: string): string {
  return heads.reduce(redactAfter, text);
}

function redactAfter(text: string, head: RegExp): string {
  let [kept, from] = ["", 0];
  head.lastIndex = 0;
  for (let found = head.exec(text); found !== null; found = head.exec(text)) {
    const [{ length }, name = ""] = found;
    if (!isSecretName(name)) continue;
    const start = found.index + length;
    const end = endOfValue(text, start, name);
    if (end === start) continue;
    kept += `${text.slice(from, start)}${mark}`;
    from = end;
    head.lastIndex = end;
  }
  return kept + text.slice(from);
}

/** Where the value ends that begins at `start`; `start` itself where it is none, or says where a secret lies. */
function endOfValue(text: string, start: number, name: string): number {
  const quote = matchAt(/\\*["'`]/y, text, start);
  if (quote !== "") return endOfQuoted(text, start + quote.length, quote);
  if (matchAt(/(?:true|false|null|undefined)\b/y, text, start) !== "") return start;
  if (matchAt(reference, text, start) !== "") return start;
  if (isHeaderName(name)) return start + matchAt(/[^\n\r]*/y, text, start).length;
  const close = closing[text[start] ?? ""];
  if (close !== undefined) return endOfBracket(text, start, close);
  const block = matchAt(/[|>][-+\d]{0,3}[ \t]{0,20}(?:\r?\n[ \t]+[^\n]*)+/y, text, start);
  if (block !== "") return start + block.length;
  return start + matchAt(/(?:(?:ApiKey|Basic|Bearer|Digest|Token)[ \t]{1,8})?[^\s<]+/iy, text, start).length;
}

/** Where a secret lies, not what it is. */
const reference = /\{\s{0,20}\\*["']?(?:fromEnv|fromFile|secretKeyRef)\b[^{}\n]*|RETRIEVER_CRED_\w+/y;
const closing: Readonly<Record<string, string>> = { "[": "]", "{": "}", "(": ")" };

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** A quote within is escaped once more than the one that began it. */
function endOfQuoted(text: string, start: number, quote: string): number {
  const mostEscapes = quote.length - 1;
  for (let at = start; ; ) {
    const next = text.indexOf(quote.at(-1) ?? "", at);
    const passed = next === -1 ? text.slice(at) : text.slice(at, next);
    const line = passed.indexOf("\n");
    if (line !== -1) return at + line;
    if (next === -1) return text.length;
    let escapes = 0;
    while (escapes < passed.length && passed.at(-escapes - 1) === "\\") escapes += 1;
    if (escapes <= mostEscapes) return next + 1;
    at = next + 1;
  }
}

/** Past the bracket that closes the one at `start`, or the end of its line. */
function endOfBracket(text: string, start: number, close: string): number {
  const open = text[start];
  let depth = 0;
  let at = start;
  for (; at < text.length && text[at] !== "\n"; at += 1) {
    if (text[at] === open) depth += 1;
    else if (text[at] === close) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return at;
}
