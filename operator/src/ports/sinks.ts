// Where messages leave the cluster. The administrator names the sinks; a migration only refers to them.
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";

type SentFields = "key" | "kind" | "text" | "at" | "reason" | "phase" | "incident";

export type SinkMessage = {
  readonly namespace: string;
  readonly migration: string;
  readonly uid: string;
  readonly message: Pick<OutboxMessage, SentFields>;
  /** Names that only a sink with `details` gets. */
  readonly details?: MessageDetails | undefined;
};

export type MessageDetails = {
  /** Ids of chunks that differ. */
  readonly chunks: readonly string[];
  /** Namespaces by the number of their slice. */
  readonly tenants: readonly string[];
};

export interface Sinks {
  /**
   * Sends once, with its own deadline; false where the sink doesn't take messages of this kind, which is as good as sent.
   * Rejects when the sink is unknown or didn't take it; the text is fit for a status.
   */
  send(sink: string, message: SinkMessage, signal: AbortSignal): Promise<boolean>;
  /** Whether the sink forgets an incident that isn't said again. */
  forgets(sink: string): boolean;
  close(): Promise<void>;
}
