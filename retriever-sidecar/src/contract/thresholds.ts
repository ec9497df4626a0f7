// Thresholds of the variance monitoring (docs/alerts.md): the defaults of every part, in one place.

/** A sample is bad when the score differs by more (similarities are 0..1). */
export const scoreDeltaThreshold = 0.2;
/** A sample is bad when it is slower by at least this. */
export const latencyDeltaThresholdMs = 80;
/** A p95 gate: at most this share of samples may be bad ("p95 < T" is "fewer than 5 % reach T"). */
export const p95MaxBadShare = 0.05;
/** Similarities closer than this are the same; a tie isn't a mismatch. Float32 stores print self-similarity 1e-7 apart. */
export const tieEpsilon = 1e-6;
