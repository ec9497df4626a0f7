// Sources of bad samples, one sample a second.
import type { Random } from "#support/random.ts";

/** A source of bad samples, one a second: true when the sample of that second is bad. */
export type BadSamples = (second: number) => boolean;

/** Every sample bad with the same probability. */
export function steady(share: number, random: Random): BadSamples {
  return () => random() < share;
}

const burstSeconds = 60;
const burstShare = 0.1;

/** The same share in the long run, but in whole bad minutes: one in ten. What doesn't fit into them lies between. */
export function bursts(share: number, random: Random): BadSamples {
  const inside = Math.min(1, share / burstShare);
  const outside = Math.max(0, (share - burstShare) / (1 - burstShare));
  let isBurst = false;
  return (second) => {
    if (second % burstSeconds === 0) isBurst = random() < burstShare;
    return random() < (isBurst ? inside : outside);
  };
}
