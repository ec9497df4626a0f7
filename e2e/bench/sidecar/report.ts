// The table of every subject. Pure.
import Table from "cli-table3";
import { round } from "../report/rows.ts";
import { median } from "../report/statistics.ts";
import type { CodecCosts, Measured, Sample } from "./rounds.ts";

/** Absolute figures of every subject: medians over the rounds; noise of this machine included. */
export function printSubjects({ samples, codec }: Measured): string {
  const head = ["subject", "CPU µs/request", "requests/s", "p50 ms", "p99 ms"];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const [name, list] of samples) {
    const of = (pick: (sample: Sample) => number): string => round(median(list.map(pick)));
    table.push([name, of((s) => s.cpuMicros), of((s) => s.perSecond), of((s) => s.p50Ms), of((s) => s.p99Ms)]);
  }
  const form = (pick: (costs: CodecCosts) => number): string => round(median(codec.map(pick)));
  table.push(["768 numbers parsed and printed", form((costs) => costs.numbersMicros), "", "", ""]);
  table.push(["768 numbers from base64 for pgvector", form((costs) => costs.base64Micros), "", "", ""]);
  return table.toString();
}
