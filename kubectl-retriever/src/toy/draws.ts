// Chance for simulated traffic: a seeded generator, and what is drawn from it. The same seed draws the same numbers.
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne, mersenneFromState } from "pure-rand/generator/mersenne";

/** A generator whose state can be kept, so that a span can be drawn again exactly as it was. */
export type Random = {
  /** The next number, 0 <= x < 1. */
  readonly next: () => number;
  readonly save: () => readonly number[];
  readonly restore: (saved: readonly number[]) => void;
};

/** Mersenne Twister: small seeds, the usual ones, are spread over its whole state. */
export function makeRandom(seed: number): Random {
  let generator = mersenne(seed);
  return {
    next: () => uniformFloat64(generator),
    save: () => generator.getState(),
    restore: (saved) => {
      generator = mersenneFromState(saved);
    },
  };
}

/** What draws need of a generator. */
type Source = Pick<Random, "next">;

/** How counts come about. */
export type Draws = {
  /** Events in a span in which `mean` are expected. */
  readonly poisson: (mean: number) => number;
  /** Successes in `trials` with the given share of success. */
  readonly binomial: (trials: number, share: number) => number;
};

/** The expectations themselves: traffic without chance, in fractions of requests. */
export const expectedDraws: Draws = { poisson: (mean) => mean, binomial: (trials, share) => trials * share };

export function makeDraws(random: Source): Draws {
  return {
    poisson: (mean) => drawPoisson(random, mean),
    binomial: (trials, share) => drawBinomial(random, trials, share),
  };
}

/** Above this mean, or this many trials, the normal approximation is close enough. */
const manyEvents = 40;

function drawPoisson(random: Source, mean: number): number {
  if (mean <= 0) return 0;
  if (mean > manyEvents) return Math.max(0, Math.round(mean + Math.sqrt(mean) * drawNormal(random)));
  const floor = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > floor; product *= random.next()) count += 1;
  return count;
}

function drawBinomial(random: Source, trials: number, share: number): number {
  if (trials <= 0 || share <= 0) return 0;
  if (share >= 1) return trials;
  if (trials > manyEvents) return manySuccesses(random, trials, share);
  let count = 0;
  for (let trial = 0; trial < trials; trial += 1) if (random.next() < share) count += 1;
  return count;
}

function manySuccesses(random: Source, trials: number, share: number): number {
  if (share > 0.5) return trials - manySuccesses(random, trials, 1 - share);
  const mean = trials * share;
  if (mean <= manyEvents) return Math.min(trials, drawPoisson(random, mean));
  const drawn = Math.round(mean + Math.sqrt(mean * (1 - share)) * drawNormal(random));
  return Math.min(trials, Math.max(0, drawn));
}

/** Box and Muller's transform, one of the pair. */
function drawNormal(random: Source): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
