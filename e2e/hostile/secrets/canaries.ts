// Secrets that are looked for afterwards. Each begins with sixteen characters of its own, of which ten give it away in
// any spelling: cut, escaped for JSON or an address, as hex, or as base64 wherever it begins.
import { makeRandom } from "#support/random.ts";

export type Canary = { readonly name: string; readonly secret: string; readonly marks: readonly string[] };

export const canaryNames = [
  "key of the source",
  "key of the destination",
  "password of the source",
  "value of a filter",
  "text of a chunk",
  "address of a sink",
  "key of a sink",
  "token for Prometheus",
  "token of the webhook",
  "token for the API server",
] as const;
type CanaryName = (typeof canaryNames)[number];
export type Canaries = Readonly<Record<CanaryName, Canary>>;

const markChars = 10;
/** What makes a secret hard to find once it was quoted, and to send in a header or an address. */
const oddEnd = `"'\\%2F&<@:/?#`;

/** The same seed gives the same ones. */
export function makeCanaries(seed: number): Canaries {
  const random = makeRandom(seed);
  const letter = () => "bcdfghjkmnpqrstvwxz23456789"[Math.floor(random() * 27)] ?? "";
  const make = (name: CanaryName) => canaryOf(name, Array.from({ length: 16 }, letter).join("") + oddEnd);
  return Object.fromEntries(canaryNames.map((name) => [name, make(name)])) as Canaries;
}

/** One that somebody else made. */
export function canaryOf(name: CanaryName, secret: string): Canary {
  const mark = secret.slice(0, markChars);
  const encoded = [0, 1, 2].map((shift) => {
    const text = Buffer.from(`${"x".repeat(shift)}${mark}`).toString("base64");
    // Its first and last characters depend on what stands beside it.
    return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + markChars) * 8) / 6));
  });
  return { name, secret, marks: [mark, Buffer.from(mark).toString("hex"), ...encoded] };
}

/** Names of those that a text gives away. */
export function namesIn(text: string, canaries: readonly Canary[]): string[] {
  return canaries.filter((canary) => seenIn(text, [canary]).length > 0).map(({ name }) => name);
}

/** Which of them a text gives away, each with what stands around it. */
export function seenIn(text: string, canaries: readonly Canary[]): string[] {
  const lower = text.toLowerCase();
  return canaries.flatMap(({ name, marks: [plain = "", hex = "", ...encoded] }) => {
    const at = [lower.indexOf(plain.toLowerCase()), lower.indexOf(hex), ...encoded.map((mark) => text.indexOf(mark))];
    const first = at.find((index) => index >= 0);
    return first === undefined ? [] : [`${name} in …${text.slice(Math.max(0, first - 160), first + 40)}…`];
  });
}
