// Time as a parameter.
export interface Clock {
  /** Epoch ms; may jump. For timestamps. */
  now(): number;
  /** Monotonic ms since some start. For durations that must not jump. */
  elapsed(): number;
  /** Calls back once after `delayMs`; returns how to give it up. */
  after(delayMs: number, call: () => void): () => void;
}
