// Memory of other processes: what the kernel counts, and what is left after collection.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { WatchedProcess } from "#support/process/start-process.ts";

type Usage = { readonly rss: number; readonly heapUsed: number; readonly external: number };

export const mib = 1_048_576;

/** What a Node process has to be started with to be asked for its memory. */
export const memoryProbe = {
  nodeArguments: ["--expose-gc", "--import", join(import.meta.dirname, "memory-probe-main.ts")],
  withChannel: true,
} as const;

/** Memory after collection, bytes. */
export function readMemory(process: Pick<WatchedProcess<unknown>, "ask">): Promise<Usage> {
  return process.ask({}, 60_000) as Promise<Usage>;
}

/** What is in use: the JavaScript heap and what it holds outside of it. */
export function keptMib({ heapUsed, external }: Usage): number {
  return (heapUsed + external) / mib;
}

/** Resident memory, now or at its peak, MiB. */
export function readRssMib(pid: number, which: "VmRSS" | "VmHWM"): number {
  const line = new RegExp(`^${which}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? Number.NaN) / 1024;
}
