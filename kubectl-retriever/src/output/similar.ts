// What somebody probably meant.
import { distance } from "fastest-levenshtein";

/** The name that a word is a slip of, at most so many letters away; undefined when it is of none. */
export function slipOf(word: string, names: readonly string[], most = Number.POSITIVE_INFINITY): string | undefined {
  const near = names
    .map((name) => ({ name, far: slipsBetween(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.min(most, Math.max(1, Math.floor(Math.max(name.length, word.length) / 3))))
    .toSorted((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1));
  return near[0]?.name;
}

/** Letters to change; two neighbours that changed places are one slip. */
function slipsBetween(word: string, name: string): number {
  const far = distance(word, name);
  if (far !== 2 || word.length !== name.length) return far;
  const at = word.split("").findIndex((letter, index) => letter !== name[index]);
  const swapped = `${word.slice(0, at)}${word[at + 1] ?? ""}${word[at] ?? ""}${word.slice(at + 2)}`;
  return swapped === name ? 1 : far;
}

/** The nearest of the names to a word; undefined when none is near. */
export function similarTo(word: string, names: readonly string[]): string | undefined {
  // Short for it, or part of it: `sre` for `sre-on-call`.
  return (
    slipOf(word, names) ?? names.find((name) => word.length > 1 && name.toLowerCase().includes(word.toLowerCase()))
  );
}

/** `; did you mean X?`, or nothing. */
export function didYouMean(word: string, names: readonly string[]): string {
  const name = similarTo(word, names);
  return name === undefined || name === word ? "" : `; did you mean ${name}?`;
}
