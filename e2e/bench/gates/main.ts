// `make sim-gates`: the product's gates on simulated stages and on real chunks with shuffled ids. Repeats exactly.
import Table from "cli-table3";
import { loadDataset } from "#support/dataset/read.ts";
import { bursts, steady } from "./bad-samples.ts";
import { playShuffledIds, type ShuffledIds } from "./shuffled-ids.ts";
import { type Demand, type Ends, missedDemands, playStudy, type StageRow, type StageStudy } from "./stage-rows.ts";

const runs = 2000;
const mostSamplesUntilCaught = 10;

const independent: StageStudy = { name: "G5", source: steady, dwellSeconds: 600, runs, seed: 5_000_000 };
const bursty: StageStudy = { name: "G5b", source: bursts, dwellSeconds: 1800, runs, seed: 6_000_000 };

const independentDemands: readonly Demand[] = [
  { share: 0.01, rule: "gate", end: "passed", atLeast: 0.99 },
  { share: 0.03, rule: "gate", end: "passed", atLeast: 0.95 },
  { share: 0.03, rule: "gate", end: "failed", atMost: 0 },
  { share: 0.08, rule: "gate", end: "failed", atLeast: 0.99 },
  { share: 0.08, rule: "gate", end: "passed", atMost: 0.005 },
  { share: 0.03, rule: "anyBreach", end: "failed", atLeast: 0.3 },
];
const burstyDemands: readonly Demand[] = [
  { share: 0.01, rule: "gate", end: "passed", atLeast: 0.99 },
  { share: 0.03, rule: "gate", end: "passed", atLeast: 0.3 },
  { share: 0.03, rule: "gate", end: "failed", atMost: 0.03 },
  { share: 0.08, rule: "gate", end: "passed", atMost: 0.08 },
];

function runStudy(study: StageStudy, title: string, demands: readonly Demand[]): object {
  const rows = playStudy(study);
  const missed = missedDemands(rows, study.runs, demands);
  print(`${study.name}: ${title}`, renderRows(rows), missed);
  const byShare = Object.fromEntries(rows.map(({ share, gate, anyBreach }) => [percent(share), { gate, anyBreach }]));
  return { runs: study.runs, rows: byShare, ok: missed.length === 0 };
}

function renderRows(rows: readonly StageRow[]): string {
  const table = new Table({
    head: ["truly bad", "passed", "failed", "not yet", "median", "any breach: passed", "failed"],
    colAligns: ["right", "right", "right", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const { share, gate, medianSeconds, anyBreach } of rows) {
    const median = medianSeconds === null ? "none" : `${medianSeconds / 60} min`;
    table.push([percent(share), ...countsOf(gate), median, anyBreach.passed, anyBreach.failed]);
  }
  return table.toString();
}

function countsOf({ passed, failed, notYet }: Ends): number[] {
  return [passed, failed, notYet];
}

function runShuffledIds(): object {
  const found = playShuffledIds(loadDataset(), { runs: 200, ceiling: 0.2, seed: 7_000_000 });
  const missed = [
    ...(found.mostSamples <= mostSamplesUntilCaught
      ? []
      : [`caught after up to ${found.mostSamples} samples, expected at most ${mostSamplesUntilCaught}`]),
    ...(found.scoreGateFired === 0 ? [] : [`the score gate fired in ${found.scoreGateFired} runs, expected 0`]),
  ];
  print("G6: ids on the wrong vectors, real chunks, exact search", renderShuffledIds(found), missed);
  return { ...found, ok: missed.length === 0 };
}

function renderShuffledIds(found: ShuffledIds): string {
  return [
    `top-1 mismatch is ${percent(found.mismatchShare)}; the mismatch gate fails after ${found.medianSamples} samples (median), at most ${found.mostSamples}, over ${found.runs} shuffles`,
    `the score gate fires in ${found.scoreGateFired} of ${found.runs} and passes the damaged destination in ${found.scoreGatePassed}`,
  ].join("\n");
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function print(title: string, body: string, missed: readonly string[]): void {
  process.stdout.write(`${title}\n${body}\n${missed.map((line) => `missed: ${line}\n`).join("")}\n`);
}

const hour = "stages of 1 h at 1 sample/s, judged every 30 s, limit 5 %";
const result = {
  G5: runStudy(independent, `${hour}, independent samples, 10 min dwell`, independentDemands),
  G5b: runStudy(bursty, `${hour}, bad minutes one in ten, 30 min dwell`, burstyDemands),
  G6: runShuffledIds(),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exitCode = Object.values(result).every((one) => "ok" in one && one.ok === true) ? 0 : 1;
