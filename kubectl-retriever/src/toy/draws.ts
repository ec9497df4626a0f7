// Chance for a rehearsal: a seeded generator and the draws made from it. The same seed draws the same numbers.

/** A generator whose state can be kept, so that a span can be drawn again exactly as it was. */
export type Random = {
  /** The next number, 0 <= x < 1. */
  readonly next: () => number;
  readonly save: () => number;
  readonly restore: (saved: number) => void;
};

/** Mulberry32 (Ettinger 2017): 32 bits of state, enough for traffic, never for secrets. */
export function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
    save: () => state,
    restore: (saved) => {
      state = saved;
    },
  };
}

/** Above this mean, or this many trials, the normal approximation is close enough. */
const manyEvents = 40;

/** Events in a span in which `mean` are expected. */
export function drawPoisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean > manyEvents) return Math.max(0, Math.round(mean + Math.sqrt(mean) * drawNormal(random)));
  const floor = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > floor; product *= random.next()) count += 1;
  return count;
}

/** Successes in `trials` with the given share of success. */
export function drawBinomial(random: Random, trials: number, share: number): number {
  if (trials <= 0 || share <= 0) return 0;
  if (share >= 1) return trials;
  if (trials > manyEvents) return manySuccesses(random, trials, share);
  let count = 0;
  for (let trial = 0; trial < trials; trial += 1) if (random.next() < share) count += 1;
  return count;
}

function manySuccesses(random: Random, trials: number, share: number): number {
  if (share > 0.5) return trials - manySuccesses(random, trials, 1 - share);
  const mean = trials * share;
  if (mean <= manyEvents) return Math.min(trials, drawPoisson(random, mean));
  const drawn = Math.round(mean + Math.sqrt(mean * (1 - share)) * drawNormal(random));
  return Math.min(trials, Math.max(0, drawn));
}

/** Box and Muller's transform, one of the pair. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
