// Row K4: leaders paused past their lease and woken again, many times, in worlds side by side.
import { startBenchApi } from "./bench-cluster.ts";
import { runTrial, type TrialResult } from "./takeover-trial.ts";
import { openTakeoverWorld, type TakeoverWorld, usersOf } from "./takeover-world.ts";

type TakeoverOptions = {
  readonly directory: string;
  readonly trials: number;
  readonly worlds: number;
  /** No trial begins after so long. */
  readonly limitMs: number;
  /** 0..1 */
  readonly random: () => number;
  readonly onTrial: (done: number, result: TrialResult) => void;
};

export type Takeovers = {
  readonly trials: readonly TrialResult[];
  /** Begun and given up, with why: they prove nothing. */
  readonly voided: readonly string[];
};

/** What was found in the trials that could be made. */
export async function measureTakeovers(options: TakeoverOptions): Promise<Takeovers> {
  const { directory, trials, worlds, limitMs } = options;
  const indexes = Array.from({ length: worlds }, (_, index) => index + 1);
  const api = await startBenchApi(directory, indexes.flatMap(usersOf));
  const results: TrialResult[] = [];
  const voided: string[] = [];
  const until = performance.now() + limitMs;
  let begun = 0;
  const runWorld = async (world: TakeoverWorld): Promise<void> => {
    while (results.length < trials && performance.now() < until) {
      begun += 1;
      const result = await runTrial(world, planOf(begun, options.random)).catch(describeFault);
      if (typeof result === "string") voided.push(result);
      else {
        results.push(result);
        options.onTrial(results.length, result);
      }
    }
  };
  const opened: TakeoverWorld[] = [];
  try {
    for (const index of indexes) opened.push(await openTakeoverWorld(api, index));
    await Promise.all(opened.map(runWorld));
  } finally {
    await Promise.all(opened.map((world) => world.close()));
    await api.close();
  }
  return { trials: results.slice(0, trials), voided };
}

function describeFault(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

const mostWrites = 16;
const mostRequests = 60;

/** Two of three stop in a write: there, the answer that would bring the next write is still out. */
function planOf(number: number, random: () => number) {
  const of = number % 3 === 0 ? "requests" : "writes";
  const count = 1 + Math.floor(random() * (of === "writes" ? mostWrites : mostRequests));
  return { application: `app-${number}`, stopAt: { of, count }, wakeAfterMs: random() * 300 } as const;
}
