// CPU time that a process has used, from the kernel's own counters.
import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

/**
 * Microseconds of CPU over all threads of a process. Exact (nanoseconds of the scheduler) where the kernel keeps
 * them, else utime + stime in steps of 10 ms. Throws when there is no such process.
 */
export function readCpuMicros(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readThreadNanos(pid, thread));
  const nanos = threads.reduce((sum, value) => sum + value, 0);
  return nanos > 0 ? nanos / 1000 : parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

function readThreadNanos(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]);
  } catch {
    return 0;
  }
}

/** Microseconds of utime + stime; the command's name may hold spaces and parentheses. */
export function parseStat(text: string): number {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}
