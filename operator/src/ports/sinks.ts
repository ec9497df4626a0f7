// Where messages leave the cluster. The administrator names the sinks; a migration only refers to them.
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";

export type SinkMessage = {
  readonly namespace: string;
  readonly migration: string;
  readonly message: Pick<OutboxMessage, "key" | "kind" | "text" | "at">;
};

export interface Sinks {
  /** Sends once, with its own deadline. Rejects when the sink is unknown or didn't take it; the text is fit for a status. */
  send(sink: string, message: SinkMessage, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
