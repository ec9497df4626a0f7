// A receiver that honours keys, as PagerDuty does by the `dedup_key`: which incidents are open at it, told by an operator
// that may be killed and over a way that may fail.
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import type { Simulation } from "./simulate.ts";

/** What becomes of the next message: it arrives and is recorded, arrives before a kill, or doesn't arrive. */
export type Fate = "recorded" | "killed" | "refused";

export class Receiver {
  /** `sink incident`. */
  readonly open = new Set<string>();
  /** Messages that arrived. */
  taken = 0;
  fate: () => Fate = () => "recorded";

  constructor(sim: Simulation) {
    sim.sink = (_key, message, sink) => this.#take(message, sim.status.outbox ?? [], sink);
  }

  #take(message: OutboxMessage, outbox: readonly OutboxMessage[], sink: string): string | null | undefined {
    const { incident, kind } = message;
    const earlier = outbox.slice(0, outbox.indexOf(message));
    // As the notifier does: an end waits for its beginning.
    if (incident !== undefined && earlier.some((one) => one.incident === incident && one.pending.includes(sink)))
      return undefined;
    const fate = this.fate();
    if (fate === "refused") return "HTTP 503";
    this.taken += 1;
    if (incident !== undefined) this.open[kind === "Resolved" ? "delete" : "add"](`${sink} ${incident}`);
    return fate === "killed" ? undefined : null;
  }
}
