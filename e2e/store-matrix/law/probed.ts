// What a store's probe says, on a machine that does other things as well.
import { setTimeout as delay } from "node:timers/promises";
import type { Backend, ProbeFacts } from "@retriever/stores/ports/backend.ts";

/** Far beyond what any statement of these stores takes: it only ends what hangs. */
export const deadlineMs = 60_000;
/** Between two probes, where one fails at once. */
const pauseMs = 100;

export function limit(): AbortSignal {
  return AbortSignal.timeout(deadlineMs);
}

/** A probe gives up after 2 s of its own. That a busy machine took longer says nothing of a store: it is asked again. */
export async function factsOf(backend: Backend): Promise<ProbeFacts> {
  const signal = limit();
  for (;;) {
    const facts = await backend.probe(signal);
    const isUnheard =
      facts.fault?.code === "RETR_BACKEND_UNAVAILABLE" || facts.fault?.code === "RETR_DEADLINE_EXCEEDED";
    if (!isUnheard || signal.aborted) return facts;
    await delay(pauseMs);
  }
}
