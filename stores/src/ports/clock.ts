// Time and chance as the shell passes them on; the core takes their values as parameters.

export type Clock = {
  /** Wall clock, ms since 1970. For people, and for what is told to other machines by the time of day. */
  readonly wallMs: () => number;
  /** Never goes back; origin unspecified. For everything measured. */
  readonly monotonicMs: () => number;
};

/** Uniform in [0, 1). */
export type Random = () => number;
