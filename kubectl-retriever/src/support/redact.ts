// What others may read: text and values without what looks like a secret. Linear in the text, whatever stands in it.
import { isIntricate } from "@retriever/stores/values/intricate-json.ts";

const mark = "[secret]";
const secretWords =
  "passw(?:or)?d|passphrase|pgpass|secret|token|api[-_]?key|private[-_]?key|access[-_]?key|authorization|credential|cookie|connection[-_]?string";
const secretKey = new RegExp(secretWords, "i");

/** Each with what stands in its place. Every repetition is bounded, or can't overlap with what goes before it. */
const rules: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]*/g, mark],
  [/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@"'<>]{1,512}@/gi, `$1${mark}@`],
  [/(?<![\w-])eyJ[\w-]{5,4096}\.[\w-]{5,4096}\.[\w-]{0,4096}/g, mark],
  [/\b(Bearer|Basic) {1,4}[\w.~+/=-]{6,4096}/gi, `$1 ${mark}`],
  [
    new RegExp(
      `((?:${secretWords})[\\w-]{0,20}\\\\?["']?[ \\t]{0,3}[=:][ \\t]{0,3})(?:\\\\"[^"\\\\\\n]{0,4096}(?:\\\\")?|"[^"\\n]{0,4096}"?|'[^'\\n]{0,4096}'?|(?!Bearer |Basic )[^\\s,;&"'\\\\{}[\\]]{1,4096})`,
      "gi",
    ),
    `$1${mark}`,
  ],
];

/** Text without credentials of addresses, headers, connection strings, keys of PEM files, and values of fields so named. */
export function redactText(text: string): string {
  return rules.reduce((rest, [pattern, instead]) => rest.replaceAll(pattern, instead), text);
}

/** A JSON value likewise; of a field that is named like a secret every string, except the names of references to one. */
export function redactValue(value: unknown, isSecret = false): unknown {
  if (typeof value === "string") return isSecret ? mark : redactText(value);
  if (Array.isArray(value)) return value.map((one) => redactValue(one, isSecret));
  if (typeof value !== "object" || value === null) return value;
  // `{ name: PGPASSWORD, value: … }`, as containers have their variables.
  const isNamed = "name" in value && typeof value.name === "string" && secretKey.test(value.name);
  const isOf = (key: string): boolean =>
    secretKey.test(key) || (isNamed && key === "value") || (isSecret && !references.includes(key));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, redactValue(one, isOf(key))]));
}

/** Fields by which a document refers to a secret that lies elsewhere. */
const references: readonly string[] = ["fromEnv", "fromFile", "name", "key"];

/** Lines of a log or of evidence: those of JSON by their fields, the others as text; what holds no secret stays as it was. */
export function redactLines(text: string): string {
  return text.split("\n").map(redactLine).join("\n");
}

function redactLine(line: string): string {
  if (!line.startsWith("{") || isIntricate(line)) return redactText(line);
  try {
    const value: unknown = JSON.parse(line);
    const redacted = JSON.stringify(redactValue(value));
    return redacted === JSON.stringify(value) ? line : redacted;
  } catch {
    return redactText(line);
  }
}
