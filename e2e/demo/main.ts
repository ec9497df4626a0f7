// `make demo`: see it work. Prints what happens and, last, one line of JSON.
import { randomInt } from "node:crypto";
import { startWorld } from "#support/world/start-world.ts";
import { killRepeatedly } from "./chaos.ts";
import { type DemoOptions, parseOptions } from "./options.ts";
import { makeScreen } from "./screen.ts";
import { complete, completeAfterRepair, type RolledBack, rollBack, type Stage, stop } from "./stories.ts";

const startedAt = performance.now();
const screen = makeScreen({ stream: process.stdout, elapsed: () => (performance.now() - startedAt) / 1000 });

/** Slowest way back first: the one that sums the stories up. */
function slowest(stories: Readonly<Record<string, RolledBack>>): RolledBack | undefined {
  return Object.values(stories).toSorted((a, b) => (b.secondsToRollback ?? 0) - (a.secondsToRollback ?? 0))[0];
}

async function tell(stage: Stage, options: DemoOptions): Promise<{ result: object; good: boolean }> {
  if (options.destinationFault === "drifted") {
    const { stopped, completed } = await completeAfterRepair(stage);
    const isRepaired = stopped?.phase === "Preflight" && completed.phase === "Completed";
    return { result: { stopped, completed }, good: isRepaired && completed.replayed };
  }
  if (options.destinationFault !== undefined) {
    const stopped = await stop(stage, options.destinationFault);
    return { result: { stopped }, good: stopped.phase === "Preflight" && stopped.replayed };
  }
  const completed = await complete(stage);
  const stories = await rollBack(stage, options.degradations);
  const result = { completed, rolledBack: { ...slowest(stories), stories } };
  const rolledBack = Object.values(stories);
  const ended = completed.phase === "Completed" && rolledBack.every(({ phase }) => phase === "RolledBack");
  const good = ended && [completed, ...rolledBack].every(({ replayed }) => replayed);
  return { result, good };
}

async function run(options: DemoOptions): Promise<boolean> {
  const world = await startWorld({ name: "demo", say: screen.say });
  const end = new AbortController();
  process.once("SIGINT", () => void world.close().finally(() => process.exit(130)));
  const seed = options.seed ?? randomInt(0xffffffff);
  const chaos = options.killOperator ? killRepeatedly(world.operator, seed, end.signal) : undefined;
  if (chaos !== undefined) screen.say(`CHAOS=kill-operator SEED=${seed}`);
  try {
    const { result, good } = await tell({ world, screen }, options);
    end.abort();
    const kills = await chaos;
    if (kills !== undefined) screen.say(`the operator was killed ${kills} times`);
    screen.done();
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return good;
  } finally {
    end.abort();
    await chaos;
    await world.close();
  }
}

try {
  process.exitCode = (await run(parseOptions(process.env))) ? 0 : 1;
} catch (fault) {
  process.stderr.write(`${fault instanceof Error ? fault.message : String(fault)}\n`);
  process.exitCode = 1;
}
