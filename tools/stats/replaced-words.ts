// Words of this project's own that gave way to the field's, and how a use of one is told from plain English.

type ReplacedWord = {
  readonly word: string;
  /** What stands there now. */
  readonly instead: string;
  /** Every form, as the words it is made of. */
  readonly forms: readonly (readonly string[])[];
  /** Plain English inside a sentence, so that only names are judged. */
  readonly namesOnly?: true;
  /** A use that stays: `before` and `after` are the words beside it. */
  readonly stays?: (before: string, after: string, kind: Kind) => boolean;
};

/** Identifiers and paths are names; the content of strings is text. */
export type Kind = "name" | "text";

const fieldTerms = new Set(["up", "ups", "ahead", "around", "behind", "like"]);
const verbEndings = new Set(["at", "for", "out", "into", "in", "to", "away", "wrong", "back", "again", "outwards"]);
const auxiliaries = new Set(["to", "must", "may", "can", "should", "t"]);
const determiners = new Set(["a", "the", "one", "no", "every", "each", "next", "last", "first", "second", "two", "of"]);

/** "look up" and "lookahead" are the field's; "look at" as a verb is plain English, "a look at" is the old noun. */
function isOtherLook(before: string, after: string, kind: Kind): boolean {
  if (fieldTerms.has(after)) return true;
  if (kind === "name" || determiners.has(before)) return false;
  return verbEndings.has(after) || auxiliaries.has(before);
}

export const replacedWords: readonly ReplacedWord[] = [
  {
    word: "look",
    instead: "reconcile, observation",
    forms: [["look"], ["looks"], ["looked"], ["looking"], ["unlooked"]],
    stays: isOtherLook,
  },
  {
    word: "eyes",
    instead: "ObserveDeps",
    forms: [["eyes"]],
    namesOnly: true,
    stays: (before) => before === "four",
  },
  { word: "hands", instead: "ApplyDeps", forms: [["hands"]], namesOnly: true },
  { word: "doing", instead: "EffectContext", forms: [["doing"]], namesOnly: true },
  { word: "sight", instead: "GuardVisibility", forms: [["sight"], ["sights"]], namesOnly: true },
  { word: "teller", instead: "event recorder", forms: [["teller"], ["tellers"]] },
  {
    word: "mail",
    instead: "notification",
    forms: [["mail"]],
    namesOnly: true,
    // What the SMTP library calls sending an e-mail.
    stays: (before) => before === "send",
  },
  { word: "courier", instead: "notifier", forms: [["courier"], ["couriers"]] },
  { word: "hint", instead: "event source, watch", forms: [["hint"], ["hints"]] },
  { word: "tenure", instead: "leadership", forms: [["tenure"]] },
  { word: "lead loop", instead: "leader election", forms: [["lead", "loop"]] },
  { word: "makings", instead: "deps", forms: [["makings"]] },
  { word: "way back", instead: "rollback path, RollbackReady", forms: [["way", "back"]] },
  { word: "lane", instead: "shadow queue, bulkhead", forms: [["lane"], ["lanes"]] },
];

/** The words of a name or a text: cut at humps, digits and signs, in lower case. */
export function wordsOf(text: string): string[] {
  const spaced = text.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2");
  return spaced
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
}

/** Replaced words in `text`, one entry per use. */
export function replacedIn(text: string, kind: Kind): string[] {
  const words = wordsOf(text);
  return replacedWords
    .filter(({ namesOnly }) => kind === "name" || namesOnly !== true)
    .flatMap(({ word, forms, stays }) =>
      forms.flatMap((form) =>
        words.flatMap((_, start) => {
          if (!form.every((part, offset) => words[start + offset] === part)) return [];
          const [before = "", after = ""] = [words[start - 1], words[start + form.length]];
          return stays?.(before, after, kind) === true ? [] : [word];
        }),
      ),
    );
}
