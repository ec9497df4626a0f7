// How long a command that waits bears an API server that is away: it may be replaced while somebody waits for a day.
import { asOperatorError, hasCode } from "@retriever/operator/errors.ts";
import type { Terminal } from "#output/terminal.ts";

/** Faults in a row before it gives up: about a minute, at one read a second. */
const mostFaults = 60;

type Patience = { readonly answered: () => void; readonly bear: (fault: unknown) => void };

/** `bear` throws what doesn't pass by itself, and what has lasted for too long; the first of several is said. */
export function makePatience({ warn }: Pick<Terminal, "warn">): Patience {
  let faults = 0;
  return {
    answered: () => {
      faults = 0;
    },
    bear: (fault) => {
      faults += 1;
      const passing = hasCode(fault, "ROP_API_UNAVAILABLE") || hasCode(fault, "ROP_DEADLINE_EXCEEDED");
      if (!passing || faults > mostFaults) throw fault;
      if (faults === 1) warn(`waiting: ${asOperatorError(fault).message}`);
    },
  };
}
