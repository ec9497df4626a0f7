// `make demo`: see it work. Prints what happens and, last, one line of JSON.
import { randomInt } from "node:crypto";
import { startWorld } from "#support/world/start-world.ts";
import { killRepeatedly } from "./chaos.ts";
import { type Copied, completeByCopy } from "./copy-story.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { type DemoOptions, parseOptions } from "./options.ts";
import { makeScreen } from "./screen.ts";
import {
  type Completed,
  complete,
  completeAfterRepair,
  type Failed,
  failureOf,
  type RolledBack,
  rollBack,
  type Stage,
  type Stopped,
  stop,
} from "./stories.ts";

const startedAt = performance.now();
const screen = makeScreen({ stream: process.stdout, elapsed: () => (performance.now() - startedAt) / 1000 });

/** Slowest rollback first: the one that sums the stories up. */
function slowest(stories: readonly (RolledBack | Failed)[]): RolledBack | undefined {
  return stories
    .filter((story) => "phase" in story)
    .toSorted((a, b) => (b.secondsToRollback ?? 0) - (a.secondsToRollback ?? 0))[0];
}

/** What the last line says; what wasn't come to is absent. */
type Result = {
  completed?: Completed;
  /** Of a destination that the operator had filled. */
  copied?: Omit<Copied, "completed">;
  stopped?: Stopped | null;
  rolledBack?: Partial<RolledBack> & { readonly stories: Readonly<Record<string, RolledBack | Failed>> };
  machine?: Machine;
  failure?: string;
};

/** Fills in the result as it goes; whether everything ended as it should. */
async function tell(stage: Stage, options: DemoOptions, result: Result): Promise<boolean> {
  if (options.destinationFault === "drifted") {
    const { stopped, completed } = await completeAfterRepair(stage);
    Object.assign(result, { stopped, completed });
    return stopped?.phase === "Preflight" && completed.phase === "Completed" && completed.replayed;
  }
  if (options.copies) return tellCopy(stage, result);
  if (options.destinationFault !== undefined) {
    const stopped = await stop(stage, options.destinationFault);
    result.stopped = stopped;
    return stopped.phase === "Preflight" && stopped.replayed;
  }
  const completed = await complete(stage);
  result.completed = completed;
  const stories = await rollBack(stage, options.degradations, result.machine?.latencyLimitMs ?? 0);
  const all = Object.values(stories);
  result.rolledBack = { ...slowest(all), stories };
  const isBack = all.every((story) => "phase" in story && story.phase === "RolledBack" && story.replayed);
  return completed.phase === "Completed" && completed.replayed && isBack;
}

async function tellCopy(stage: Stage, result: Result): Promise<boolean> {
  const { completed, ...copied } = await completeByCopy(stage);
  Object.assign(result, { completed, copied });
  return completed.phase === "Completed" && completed.replayed && copied.differences === 0;
}

async function run(options: DemoOptions, result: Result): Promise<boolean> {
  const world = await startWorld({
    name: "demo",
    say: screen.say,
    // Both stores are read through several times; and the embedded cluster has no admission policy that holds who approved.
    ...(options.copies ? { chunks: 2000, operatorEnv: { RETRIEVER_ACT_IDENTITY: "trusted" } } : {}),
  });
  const end = new AbortController();
  const open: Stage["open"] = new Set();
  const leave = async () => {
    await Promise.allSettled([...open].map((close) => close()));
    await world.close();
  };
  process.once("SIGINT", () => void leave().finally(() => process.exit(130)));
  const seed = options.seed ?? randomInt(0xffffffff);
  const chaos = options.killOperator ? killRepeatedly(world.operator, seed, end.signal) : undefined;
  if (chaos !== undefined) screen.say(`CHAOS=kill-operator SEED=${seed}`);
  const onMachine = (machine: Machine) => {
    result.machine = machine;
    if (machine.tooSlow) screen.say(describeMachine(machine));
  };
  try {
    return await tell({ world, screen, open, onMachine }, options, result);
  } finally {
    end.abort();
    const kills = await chaos;
    if (kills !== undefined) screen.say(`the operator was killed ${kills} times`);
    await leave();
  }
}

const result: Result = {};
try {
  process.exitCode = (await run(parseOptions(process.env), result)) ? 0 : 1;
} catch (fault) {
  Object.assign(result, failureOf(fault));
  process.stderr.write(`${result.failure}\n`);
  process.exitCode = 1;
}
screen.done();
process.stdout.write(`${JSON.stringify(result)}\n`);
