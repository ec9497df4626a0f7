// What a person is told of a fault, and the exit code it means.
import { asOperatorError, remedyOf } from "@retriever/operator/errors.ts";
import { exitCodeOfFault, exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

type Around = { readonly terminal: Terminal; readonly signal: AbortSignal };

/** Says what went wrong and what to do. */
export function tellFault(fault: unknown, { terminal, signal }: Around): number {
  const error = asOperatorError(fault);
  terminal.endFrames();
  terminal.warn(`${error.code}: ${error.message}`);
  terminal.warn(remedyOf(error.code));
  return signal.aborted ? exitCodes.interrupted : exitCodeOfFault(error);
}
