// Numbers that look random and are the same for the same seed, on every machine.
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** 0 included, 1 excluded. */
export type Random = () => number;

/** Uniform. */
export function makeRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat64(generator);
}
