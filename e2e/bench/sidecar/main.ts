// `make bench-sidecar`: what the sidecar costs, beside its peers, on the machine it runs on.
// The stores are trivial on purpose: they cost next to nothing, so that what is left is the hop. Nothing here tells about a store.
import { parseArgs } from "node:util";
import { canPin, endOnSignals } from "#support/process/start-process.ts";
import { isMissed, printRows, summaryOf } from "../report/rows.ts";
import { checkAnswers } from "./check-answers.ts";
import { startLoad } from "./load.ts";
import { measureMemory } from "./memory.ts";
import { printSubjects } from "./report.ts";
import { runRounds } from "./rounds.ts";
import { makeRows } from "./rows.ts";
import { loadCore, serverCore, startCodec, startScene } from "./subjects.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const sizes = values.quick
  ? { rounds: 3, maxRounds: 3, requests: 600, warmUp: 2000, memorySpan: 5000 }
  : { rounds: 15, maxRounds: 61, requests: 2000, warmUp: 6000, memorySpan: 100_000 };

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function run(): Promise<void> {
  say(
    `node ${process.version}; ${canPin ? `servers on core ${serverCore}, load and stores on core ${loadCore}` : "taskset is missing, nothing is pinned"}`,
  );
  const load = await startLoad(loadCore);
  const codec = await startCodec(serverCore);
  const scene = await startScene();
  try {
    await checkAnswers(scene.subjects);
    const started = performance.now();
    const onRound = (round: number): void =>
      say(`round ${round + 1}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
    const measured = await runRounds(scene.subjects, codec, { ...sizes, load, onRound });
    say("memory");
    const memory = await measureMemory({ stores: scene.stores, load, span: sizes.memorySpan });
    const rows = makeRows(measured, memory);
    say(`${printSubjects(measured)}\n${printRows(rows)}`);
    say("All rows rest on trivial stores (pgvector: a Postgres with ten rows): they measure the hop, no store.");
    say(
      "Medians of ratios over interleaved rounds; met: the interval's better end is inside the goal and it is narrower than 0.3.",
    );
    if (values.quick) say("quick: too few rounds for an interval; nothing here counts.");
    say(JSON.stringify(summaryOf(rows, { store: "trivial node, Postgres of ten rows" })));
    process.exitCode = isMissed(rows) ? 1 : 0;
  } finally {
    await Promise.allSettled([scene.stop(), codec.stop(), load.stop()]);
  }
}

endOnSignals();
await run();
