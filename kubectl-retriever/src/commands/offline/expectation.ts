// What `--expect` asks of many rehearsals: at least or at most a share of them ends in a way. Pure.

import { percentWord } from "@retriever/operator/page/words.ts";
import type { Outcome } from "#rehearse/outcome.ts";

export type Expectation = {
  /** A phase, or a reason. */
  readonly ending: string;
  readonly relation: ">=" | "<=";
  readonly share: number;
};

export const expectationForm = "a phase or a reason, >= or <=, and a share from 0 to 1, such as 'Completed>=0.99'";

/** Undefined for anything else. */
export function parseExpectation(text: string): Expectation | undefined {
  const [, ending, relation, digits] = /^([A-Za-z]{1,63})(>=|<=)(\d(?:\.\d{1,6})?)$/.exec(text) ?? [];
  const share = Number(digits);
  if (ending === undefined || !(share <= 1)) return undefined;
  return { ending, relation: relation as Expectation["relation"], share };
}

/** Why the runs aren't as expected; undefined when they are. The share that was seen counts, not its interval. */
export function missOf({ ending, relation, share }: Expectation, outcomes: readonly Outcome[]): string | undefined {
  const count = outcomes.filter(({ phase, reason }) => phase === ending || reason === ending).length;
  const seen = count / outcomes.length;
  if (relation === ">=" ? seen >= share : seen <= share) return undefined;
  const wanted = `${relation === ">=" ? "at least" : "at most"} ${percentWord(share)}`;
  return `received ${ending} in ${count} of ${outcomes.length} runs (${percentWord(seen)}), expected ${wanted}`;
}
