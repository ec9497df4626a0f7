// One program with secrets, put through its faults, and the texts in which a secret may not stand.
import { readFileSync } from "node:fs";
import { type Canaries, type Canary, seenIn } from "./canaries.ts";

export type PartOptions = { readonly canaries: Canaries; readonly runs: number };
export type PartResult = {
  readonly runs: number;
  readonly seen: readonly string[];
  /** Secrets that came where they belong: a store, a sink, an answer. */
  readonly met: readonly string[];
};

type Watch = {
  /** Looks for all secrets but `except` in a text; `where` is for the message. */
  readonly search: (where: string, text: string, except?: readonly Canary[]) => void;
  /** Likewise in how a process was started, as `ps` shows it. */
  readonly searchProcess: (where: string, pid: number) => void;
  readonly seen: () => readonly string[];
};

export function makeWatch(canaries: readonly Canary[]): Watch {
  const seen = new Set<string>();
  const search: Watch["search"] = (where, text, except = []) => {
    const wanted = canaries.filter((canary) => !except.includes(canary));
    for (const each of seenIn(text, wanted)) seen.add(`${where}: ${each}`);
  };
  return {
    search,
    searchProcess: (where, pid) => search(where, readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")),
    seen: () => [...seen],
  };
}

/** The elements in turn, as often as it takes, and always each of the first `count`. */
export function* inTurn<T>(elements: readonly T[], count: number): Generator<readonly [T, number]> {
  for (let index = 0; index < count; index += 1) yield [elements[index % elements.length] as T, index];
}
