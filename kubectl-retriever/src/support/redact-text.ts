// What looks like a secret by itself, whatever it is called: keys of PEM files, credentials in addresses, tokens, and
// what only chance spells. Linear in the text, whatever stands in it.
import { mark } from "./mark.ts";
import { redactFields } from "./redact-fields.ts";

const keyEdges = /-----(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const longestKey = 32 * 1024;
const keyText = /[A-Za-z0-9+/=\s\\]/;

/** Keys of PEM files, over however many lines, with whatever stands before each; of half a key what may be of it. */
export function withoutKeys(text: string): string {
  let [kept, from] = ["", 0];
  let begun: number | undefined;
  for (const { 0: edge, 1: kind, index } of text.matchAll(keyEdges)) {
    if (begun !== undefined && (kind === "BEGIN" || index - begun > longestKey)) {
      from = endOfKeyText(text, begun);
      begun = undefined;
    }
    if (kind === "END") {
      kept += begun === undefined ? `${text.slice(from, startOfKeyText(text, index, from))}${mark}` : "";
      from = index + edge.length;
      begun = undefined;
    } else {
      kept += `${text.slice(from, index)}${mark}`;
      begun = index + edge.length;
    }
  }
  return kept + text.slice(begun === undefined ? from : endOfKeyText(text, begun));
}

function endOfKeyText(text: string, start: number): number {
  let end = start;
  while (end < text.length && keyText.test(text[end] ?? "")) end += 1;
  return end;
}

/** Of a key whose beginning was cut off. */
function startOfKeyText(text: string, end: number, least: number): number {
  let start = end;
  while (start > least && keyText.test(text[start - 1] ?? "")) start -= 1;
  return start;
}

/** Text without secrets that are recognised by themselves, or by the name of their field. */
export function redactPlain(text: string): string {
  const bare = text.replaceAll(unseen, "");
  const redacted = redactFields(rules.reduce((rest, rule) => rule(rest), withoutKeys(bare)));
  return redacted === bare ? text : redacted;
}

/** Colours of a terminal, and what takes no room: nothing may hide behind them. */
const escape = String.fromCharCode(27);
const unseen = new RegExp(`${escape}\\[[\\d;?]{0,40}[A-Za-z]|[\\u00ad\\u200b-\\u200f\\u2060\\ufeff]`, "g");

const rules: readonly ((text: string) => string)[] = [
  (text) => text.replaceAll(/:\/\/([^\s"<>]+)/g, (_, rest: string) => `://${redactAddress(rest)}`),
  (text) => text.replaceAll(/%3A%2F%2F[^\s"<>]+/gi, redactEncoded),
  // `user:password@host`, but no image with tag and digest.
  (text) => text.replaceAll(/(?<![\w.-])[\w.-]+:[^\s@/:"'<>]+@(?!sha\d{3}:)(?=[\w([])/g, `${mark}@`),
  (text) => text.replaceAll(/([?&](?:code|hmac|key|sig)=)[^\s&"'<>]+/gi, `$1${mark}`),
  (text) => text.replaceAll(/(?<![\w-])eyJ[\w-]{5,4096}\.[\w-]{5,4096}\.[\w-]{0,4096}/g, mark),
  (text) =>
    text.replaceAll(/(?<![A-Za-z0-9])(Bearer|Basic)((?:[\s:=]|%20){1,16}\\*["']?)([^\s"'\\,;<>]{4,})/gi, redactScheme),
  (text) =>
    text.replaceAll(/(?<![A-Za-z0-9])(?:sk-|gh[a-z]_|github_pat_|glpat-|gls[a-z]_|hvs\.|xox[a-z]-)[\w.-]{8,}/g, mark),
  (text) => text.replaceAll(/(?<![\w+/=-])[\w+/-]{32,}={0,2}/g, (run) => (isByChance(run) ? mark : run)),
];

/** Without what goes before the host, and without the path of what takes messages from whoever knows it. */
function redactAddress(rest: string): string {
  const at = rest.lastIndexOf("@");
  const isDigest = at !== -1 && /^sha\d{3}:/.test(rest.slice(at + 1));
  const place = at === -1 || isDigest ? rest : `${mark}@${rest.slice(at + 1)}`;
  const slash = place.indexOf("/");
  return slash !== -1 && /hook|logic\.azure\.com/i.test(place) ? `${place.slice(0, slash + 1)}${mark}` : place;
}

function redactEncoded(address: string): string {
  const at = address.lastIndexOf("%40");
  return at === -1 ? address : `${address.slice(0, "%3A%2F%2F".length)}${mark}${address.slice(at)}`;
}

function redactScheme(whole: string, scheme: string, between: string, word: string): string {
  return /^(?:auth|token|scheme|credential)/i.test(word) ? whole : `${scheme}${between}${mark}`;
}

/** Digests and identifiers are of one case; names of things have no digits, or few capitals. */
function isByChance(run: string): boolean {
  return /(?:[A-Z][^A-Z]*){3}/.test(run) && /(?:[a-z][^a-z]*){3}/.test(run) && /\d/.test(run);
}
