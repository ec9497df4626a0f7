// `make fuzz-sidecar`: hostile requests, broken stores, and the official client as oracle, against real sidecar processes.
// The same seed gives the same requests.
import { parseArgs } from "node:util";
import { endOnSignals } from "#support/process/start-process.ts";
import { runBrokenStores } from "./broken-stores.ts";
import { runDifferential } from "./differential.ts";
import { contentBase, flatBase, typedBase } from "./fuzzed-base.ts";
import { runHostileRequests } from "./hostile-requests.ts";
import { makeTally } from "./tally.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    requests: { type: "string", default: "10000" },
    questions: { type: "string", default: "2000" },
  },
});

function readCount(name: "seed" | "requests" | "questions"): number {
  const count = Number(values[name]);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new Error(`--${name}: got ${values[name]}, expected a whole number`);
}

/** Requests that take seconds each. */
const shareOfSlow = 0.012;

const seed = readCount("seed");
const requests = readCount("requests");
const tally = makeTally();
const phases = [
  {
    name: `hostile requests with ${flatBase.name}`,
    run: () =>
      runHostileRequests({ requests, slowRequests: Math.ceil(requests * shareOfSlow), seed, tally, base: flatBase }),
  },
  ...[typedBase, contentBase].map((base) => ({
    name: `hostile requests with ${base.name}`,
    run: () => runHostileRequests({ requests: Math.ceil(requests / 2), slowRequests: 0, seed, tally, base }),
  })),
  { name: "broken stores", run: () => runBrokenStores(tally) },
  {
    name: "the official client as oracle",
    run: () => runDifferential({ questions: readCount("questions"), seed, tally }),
  },
];

endOnSignals();
for (const { name, run } of phases) {
  const started = performance.now();
  await run().catch((error: unknown) =>
    tally.fail(`${name} broke off`, error instanceof Error ? error.message : String(error)),
  );
  process.stdout.write(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}
process.stdout.write(`${tally.print()}\nseed ${seed}\n${tally.passed()} passed, ${tally.failed()} failed\n`);
process.exitCode = tally.failed() === 0 ? 0 : 1;
