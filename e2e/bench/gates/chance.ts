// Chance that repeats: the same seed gives the same numbers on every machine.

export type Chance = () => number;

/** Uniform in [0, 1), 32 bits (Mulberry32). */
export function seededChance(seed: number): Chance {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A source of bad samples, one a second: true when the sample of that second is bad. */
export type BadSamples = (second: number) => boolean;

/** Every sample bad with the same chance. */
export function steady(share: number, chance: Chance): BadSamples {
  return () => chance() < share;
}

const burstSeconds = 60;
const burstShare = 0.1;

/** The same share in the long run, but in whole bad minutes: one in ten. What doesn't fit into them lies between. */
export function bursts(share: number, chance: Chance): BadSamples {
  const inside = Math.min(1, share / burstShare);
  const outside = Math.max(0, (share - burstShare) / (1 - burstShare));
  let isBurst = false;
  return (second) => {
    if (second % burstSeconds === 0) isBurst = chance() < burstShare;
    return chance() < (isBurst ? inside : outside);
  };
}
