// Where the sources count something in a sentence by a noun that is always plural: with one of it, people read "1 chunks".

/** What is counted in sentences. */
const nouns =
  "samples|chunks|requests|pods|records|decisions|reconciles|values|columns|warnings|differences|namespaces|rows|ids|queries|lines|migrations|answers|acts|tries|runs|files|faults";
/** A number in a template, and a noun right after it; `n of m pods` and what is bounded by a constant need no singular. */
const counted = new RegExp(
  String.raw`(?<before>\b\w+ )?\$\{(?<number>(?:[^{}]|\{[^{}]*\})*)\} (?<noun>${nouns})\b(?!/)`,
  "g",
);
const bounds = /^(?:most|max|least|longest|newest|list|asked)\b|^(?:most|max|least|newest)[A-Z]/;
const boundWords = new Set(["of ", "most ", "than ", "to ", "expected "]);

export type CountedWord = { readonly line: number; readonly text: string };

/** Counts of a source text whose noun has no singular. */
export function alwaysPlural(source: string): CountedWord[] {
  return source
    .split("\n")
    .flatMap((row, index) =>
      [...row.matchAll(counted)]
        .filter(({ groups }) => !bounds.test(groups?.["number"] ?? "") && !boundWords.has(groups?.["before"] ?? ""))
        .map(([text]) => ({ line: index + 1, text })),
    );
}
