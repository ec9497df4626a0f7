// Keeps exact searches from loading a store: how often they may begin, and when they have to stop. One for each store of a
// process; it outlives epochs, so that a step of the ramp doesn't forget that a store was slow. Times are passed in.

type ExactLimiter = {
  /** An ordinary answer of the store, or a request that it let time out. */
  readonly onAnswer: (vectorMs: number, nowMs: number) => void;
  /** Whether a search may begin now. */
  readonly mayBegin: (nowMs: number) => boolean;
  /** One begins; the next one may `1 / perSecond` s later. */
  readonly begin: (nowMs: number, perSecond: number) => void;
  /** It has ended. `durationMs` of infinity: it failed or was given up. */
  readonly end: (nowMs: number, durationMs: number) => void;
  /** Why no search may begin; null: nothing against it. */
  readonly stopReason: (nowMs: number) => string | null;
};

/** An exact search that usually takes longer is too much for this store. */
export const maxSearchMs = 250;
const searchesKept = 5;
/** Ordinary answers may become slower by this share and by this much, ms; both have to be exceeded, and not by chance. */
const maxRise = 0.2;
const maxRiseMs = 5;
const standardErrors = 3;
/** Fewer ordinary answers, or over a shorter time, tell no usual latency. */
const leastAnswers = 20;
const learningMs = 60_000;
const answersKept = 256;
/** So that what is kept spans a minute and more at any rate of requests, and a burst isn't all of it. */
const answerEveryMs = 250;
/** The slowest answers left out of a mean: a single stall says nothing about exact searches. */
const outliers = 0.05;
const firstPauseMs = 60_000;
const longestPauseMs = 32 * 60_000;
/** After so long without a stop the next pause is the first again; after so long without a search its effect is over. */
const settledMs = 10 * 60_000;

type Summary = { readonly mean: number; readonly squaredError: number };

/** A limiter of a store that was never searched. */
export function makeExactLimiter(): ExactLimiter {
  let usual: number[] = [];
  let present: number[] = [];
  let searches: number[] = [];
  let answeredAtMs = Number.NEGATIVE_INFINITY;
  let learningSinceMs = Number.NEGATIVE_INFINITY;
  let beganAtMs: number | null = null;
  let endedAtMs = Number.NEGATIVE_INFINITY;
  let nextAtMs = Number.NEGATIVE_INFINITY;
  let pause = { untilMs: Number.NEGATIVE_INFINITY, lengthMs: 0, reason: "" };
  let isSearching = false;

  const rest = (): void => {
    [present, searches, beganAtMs] = [[], [], null];
  };
  const stop = (reason: string, nowMs: number): void => {
    const isSettled = beganAtMs !== null && nowMs - beganAtMs >= settledMs;
    const lengthMs = isSettled || pause.lengthMs === 0 ? firstPauseMs : Math.min(longestPauseMs, pause.lengthMs * 2);
    pause = { untilMs: nowMs + lengthMs, lengthMs, reason };
    // What is usual may have changed meanwhile: the pause tells.
    usual = [];
    rest();
  };
  return {
    onAnswer: (vectorMs, nowMs) => {
      if (!Number.isFinite(vectorMs) || nowMs - answeredAtMs < answerEveryMs) return;
      answeredAtMs = nowMs;
      const kept = beganAtMs === null ? usual : present;
      if (usual.length === 0) learningSinceMs = nowMs;
      kept.push(vectorMs);
      if (kept.length > answersKept) kept.shift();
    },
    mayBegin: (nowMs) =>
      !isSearching &&
      nowMs >= Math.max(pause.untilMs, nextAtMs, learningSinceMs + learningMs) &&
      usual.length >= leastAnswers,
    begin: (nowMs, perSecond) => {
      if (nowMs - endedAtMs > settledMs) {
        if (present.length >= leastAnswers) usual = present;
        rest();
      }
      isSearching = true;
      beganAtMs ??= nowMs;
      nextAtMs = nowMs + 1000 / perSecond;
    },
    end: (nowMs, durationMs) => {
      [isSearching, endedAtMs] = [false, nowMs];
      searches = [...searches, durationMs].slice(-searchesKept);
      const reason = slowSearches(searches) ?? slowerAnswers(usual, present);
      if (reason !== null) stop(reason, nowMs);
    },
    stopReason: (nowMs) => (nowMs < pause.untilMs ? pause.reason : null),
  };
}

function slowSearches(searches: readonly number[]): string | null {
  const medianMs = searches.toSorted((a, b) => a - b)[Math.floor((searches.length - 1) / 2)] ?? 0;
  if (medianMs <= maxSearchMs) return null;
  const took = Number.isFinite(medianMs) ? `take ${Math.round(medianMs)} ms` : "fail or are given up";
  return `exact searches ${took} (median of the last ${searchesKept}, limit ${maxSearchMs} ms)`;
}

/** How much slower the store became since searches began; null: not surely, or not by too much. */
function slowerAnswers(usual: readonly number[], present: readonly number[]): string | null {
  if (Math.min(usual.length, present.length) < leastAnswers) return null;
  const [before, now] = [summaryOf(usual), summaryOf(present)];
  const rise = now.mean - before.mean;
  const byChance = standardErrors * Math.sqrt(before.squaredError + now.squaredError);
  if (rise <= Math.max(maxRise * before.mean, maxRiseMs, byChance)) return null;
  return `answers take ${Math.round(now.mean)} ms since exact searches began, ${Math.round(before.mean)} ms before`;
}

function summaryOf(latencies: readonly number[]): Summary {
  const kept = latencies.toSorted((a, b) => a - b).slice(0, Math.ceil(latencies.length * (1 - outliers)));
  const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
  const variance = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (kept.length - 1);
  return { mean, squaredError: variance / kept.length };
}
