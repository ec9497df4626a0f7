// The command `rehearse --runs`: one scenario over many seeds, as the share of each ending.
import { exitCodeOfRuns, exitCodes } from "#output/exit-codes.ts";
import { renderEndings, renderEndingsJson } from "#rehearse/endings.ts";
import type { Title } from "#rehearse/render-text.ts";
import { type Play, playRuns } from "#runs/play-runs.ts";
import { type Expectation, missOf } from "./expectation.ts";
import type { OfflineTools } from "./lint.ts";

type RunsRequest = {
  readonly title: Title;
  readonly seed: number;
  readonly runs: number;
  readonly json: boolean;
  readonly expect: readonly Expectation[];
};

/** With expectations 0 or 2; without, the gravest exit code of the runs. Interrupted: 130, and what was played. */
export async function rehearseRuns(play: Play, asked: RunsRequest, tools: OfflineTools): Promise<number> {
  const { terminal, workers, signal } = tools;
  if (asked.seed + asked.runs > 2 ** 32) {
    terminal.warn(`received the seed ${asked.seed} for ${asked.runs} runs, expected the last one below ${2 ** 32}`);
    return exitCodes.error;
  }
  const onPlayed = (played: number) => terminal.progress?.(`${played} of ${asked.runs} runs`);
  const seeds = Array.from({ length: asked.runs }, (_, index) => asked.seed + index);
  const runs = await playRuns(play, seeds, { workers, signal, onPlayed }).finally(() => terminal.progress?.(""));
  if (signal.aborted) terminal.warn(`interrupted after ${runs.length} of ${asked.runs} runs`);
  if (runs.length === 0) return exitCodes.interrupted;
  const outcomes = runs.map(({ outcome }) => outcome);
  const columns = terminal.isTty ? terminal.columns() : Number.MAX_SAFE_INTEGER;
  const lines = asked.json ? renderEndingsJson(asked.title, outcomes) : renderEndings(asked.title, outcomes, columns);
  for (const line of lines) terminal.print(line);
  if (signal.aborted) return exitCodes.interrupted;
  if (asked.expect.length === 0) return exitCodeOfRuns(runs.map(({ exitCode }) => exitCode));
  const misses = asked.expect.flatMap((expectation) => missOf(expectation, outcomes) ?? []);
  for (const miss of misses) terminal.warn(miss);
  return misses.length === 0 ? exitCodes.ok : exitCodes.refused;
}
