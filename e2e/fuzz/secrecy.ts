// Nothing of a request may ever stand in a log.
import type { Sidecar } from "#support/sidecar/start-sidecar.ts";
import { canaries } from "./hostile-body.ts";
import type { Tally } from "./tally.ts";

/** Held against everything the sidecar has written. */
export function checkLog({ process }: Sidecar, tally: Tally): void {
  const law = "no byte of a request in the log";
  const lines = process.output().split("\n");
  const leaking = lines.find((line) => canaries.some((canary) => line.includes(canary)));
  if (leaking === undefined) tally.pass(law);
  else tally.fail(law, leaking);
}
