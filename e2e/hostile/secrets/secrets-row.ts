// Z3: ten secrets through the faults of every program that holds one, and where they could be seen afterwards.
import { amount, least, most, type Part } from "#bench/report/rows.ts";
import type { HostileContext, HostileRow } from "../rows/hostile-row.ts";
import { canaryNames, makeCanaries } from "./canaries.ts";
import { tryOperator } from "./operator-part.ts";
import { tryPrograms } from "./programs-part.ts";
import { trySidecar } from "./sidecar-part.ts";

export const secretsRow: HostileRow = {
  id: "Z3",
  title: "secrets in logs, statuses, events, metrics, answers, reports and arguments",
  run: runSecrets,
};

const parts = [
  { name: "sidecar", play: trySidecar, runs: { whole: 1500, slice: 45 } },
  { name: "operator", play: tryOperator, runs: { whole: 400, slice: 30 } },
  { name: "programs that end", play: tryPrograms, runs: { whole: 100, slice: 6 } },
] as const;

async function runSecrets({ isQuick, seed, say }: HostileContext): Promise<readonly Part[]> {
  const canaries = makeCanaries(seed);
  const results = await Promise.all(
    parts.map(async ({ name, play, runs }) => {
      const result = await play({ canaries, runs: isQuick ? runs.slice : runs.whole });
      say(`${name}: ${result.runs} runs, ${result.seen.length} secrets seen`);
      for (const each of result.seen.slice(0, 5)) say(`seen in ${each}`);
      return result;
    }),
  );
  const seen = results.reduce((sum, result) => sum + result.seen.length, 0);
  const met = new Set(results.flatMap((result) => result.met));
  const wanted = parts.reduce((sum, { runs }) => sum + (isQuick ? runs.slice : runs.whole), 0);
  const runs = results.reduce((sum, result) => sum + result.runs, 0);
  for (const name of canaryNames) if (!met.has(name)) say(`never used: ${name}`);
  return [
    amount("secrets seen", seen, most(0), { n: runs, enough: wanted }),
    // What no program has used proves nothing.
    amount("secrets that came where they belong", met.size, least(canaryNames.length)),
  ];
}
