// Why a sink didn't take a message, and what that says about trying again.

type SinkFaultOptions = {
  /** The sink refuses this very message: it would refuse it again. */
  readonly isFinal?: boolean;
  /** The sink asked for so much patience. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
};

/** Its message is fit for a status: neither an address nor a secret. */
export class SinkFault extends Error {
  readonly isFinal: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { isFinal = false, retryAfterMs, cause }: SinkFaultOptions = {}) {
    super(message, { cause });
    this.isFinal = isFinal;
    this.retryAfterMs = retryAfterMs;
  }
}
