// What the machine can do, judged by people's requests while nothing is wrong: by that the story of the slow store sets
// its limit, and a demo that failed says whether it had a chance.
import { availableParallelism, loadavg } from "node:os";

/** Limit of the story of the slow store on a machine that is quick enough. */
const usualLimitMs = 1000;
/** Times the usual answer: far enough from it, so that chance doesn't decide. */
const margin = 5;
/** Twice as much is still within the sidecars' histogram: how much slower an answer beyond it was, nobody counts. */
const highestLimitMs = 2500;

export type Machine = {
  readonly processors: number;
  /** Tasks that wanted each processor, on average over the last minute. */
  readonly tasksPerProcessor: number;
  /** People's requests while nothing was wrong; null when there were none. */
  readonly p95Ms: number | null;
  /** Slower by this than the source was harm, in the story of the slow store. */
  readonly latencyLimitMs: number;
  /** The usual limit would have judged the machine instead of the store. */
  readonly tooSlow: boolean;
};

/** Judges it by the requests so far. */
export function judgeMachine(p95Ms: number | undefined): Machine {
  const wanted = Math.round((p95Ms ?? 0) * margin);
  return {
    processors: availableParallelism(),
    tasksPerProcessor: Math.round(((loadavg()[0] ?? 0) / availableParallelism()) * 10) / 10,
    p95Ms: p95Ms === undefined ? null : Math.round(p95Ms),
    latencyLimitMs: Math.min(highestLimitMs, Math.max(usualLimitMs, wanted)),
    tooSlow: wanted > usualLimitMs,
  };
}

/** What a person is told of it. */
export function describeMachine({ processors, tasksPerProcessor, p95Ms, latencyLimitMs }: Machine): string {
  const limit = Math.round(usualLimitMs / margin);
  return `this machine is too slow for the demo's usual limits: with nothing wrong, 95 of 100 answers came within ${p95Ms} ms, expected ${limit} ms (${tasksPerProcessor} tasks for each of ${processors} processors); slow is what is ${latencyLimitMs} ms slower`;
}
