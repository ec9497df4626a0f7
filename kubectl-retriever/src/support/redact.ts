// What others may read: text and values without what looks like a secret. JSON is read as such, also within a text.
import { isIntricate } from "@retriever/stores/values/intricate-json.ts";
import { mark } from "./mark.ts";
import { redactPlain, withoutKeys } from "./redact-text.ts";
import { isSecretField, isSecretName } from "./secret-names.ts";

/** Text without credentials of addresses, headers, connection strings, keys of PEM files, and values of fields so named. */
export function redactText(text: string): string {
  return redactJsonWithin(text) ?? redactPlain(text);
}

/** A JSON value likewise; of a field that is named like a secret everything, except the names of references to one. */
export function redactValue(value: unknown, isSecret = false): unknown {
  if (typeof value === "string") return isSecret ? mark : redactText(value);
  if (typeof value === "number") return isSecret ? mark : value;
  if (Array.isArray(value))
    // `["--password", "x"]`, as containers have their arguments.
    return value.map((one, index) => redactValue(one, isSecret || isOption(value[index - 1])));
  if (typeof value !== "object" || value === null) return value;
  const isOf = isSecretIn(value, isSecret);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [redactPlain(key), redactValue(one, isOf(key))]));
}

function isOption(value: unknown): boolean {
  return typeof value === "string" && /^-{0,2}[\w.-]{1,100}$/.test(value) && isSecretName(value);
}

/** Which fields of an object are secret; `{ name: PGPASSWORD, value: … }` is how containers have their variables. */
function isSecretIn(object: object, isSecret: boolean): (key: string) => boolean {
  const isNamed = Object.entries(object).some(
    ([key, name]) => /^(?:name|key)$/i.test(key) && typeof name === "string" && isSecretName(name),
  );
  return (key) => isSecretField(key) || (isNamed && /^value$/i.test(key)) || (isSecret && !references.includes(key));
}

/** Fields by which a document refers to a secret that lies elsewhere. */
const references: readonly string[] = ["fromEnv", "fromFile", "name", "key"];

/** Lines of a log or of evidence: JSON by its fields, the others as text; what holds no secret stays as it was. */
export function redactLines(text: string): string {
  const done: string[] = [];
  let plain: string[] = [];
  const flush = () => {
    if (plain.length > 0) done.push(redactPlain(plain.join("\n")));
    plain = [];
  };
  for (const line of withoutKeys(text).split("\n")) {
    const redacted = redactJsonWithin(line);
    if (redacted === undefined) plain.push(line);
    else {
      flush();
      done.push(redacted);
    }
  }
  flush();
  return done.join("\n");
}

/** A text that ends in JSON, by its fields; undefined where it doesn't. */
function redactJsonWithin(text: string): string | undefined {
  const start = text.search(/[[{]/);
  if (start === -1 || !/[\]}]\s{0,8}$/.test(text.slice(-9))) return undefined;
  const json = text.slice(start);
  if (isIntricate(json)) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    const redacted = JSON.stringify(redactValue(value));
    return `${redactPlain(text.slice(0, start))}${redacted === JSON.stringify(value) ? json : redacted}`;
  } catch {
    return undefined;
  }
}
