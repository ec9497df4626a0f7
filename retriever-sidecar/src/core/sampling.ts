// Which requests are read from both stores.

/** Whether a request is sampled. `sampleRate` is 0..1, `random` uniform in [0, 1): 0 never samples, 1 always. */
export function isSampled(sampleRate: number, random: number): boolean {
  return random < sampleRate;
}
