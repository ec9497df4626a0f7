// A program run to its end; what its exit code means is judged by whoever asked.
import { execFile } from "node:child_process";
import { patienceMs } from "#support/patience.ts";

export type RunResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };
type RunOptions = {
  /** The whole environment; the caller's when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Of a quiet machine, default a minute. */
  readonly deadlineMs?: number;
};

const maxOutputBytes = 16 * 1_048_576;

/** Rejects when it can't be started, or doesn't end by itself before the deadline. */
export function runToEnd(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { env = process.env, deadlineMs = 60_000 } = options;
  const limits = { timeout: patienceMs(deadlineMs), maxBuffer: maxOutputBytes };
  return new Promise((resolve, reject) => {
    execFile(command, args, { ...limits, env }, (fault, stdout, stderr) => {
      if (fault === null) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof fault.code === "number") resolve({ exitCode: fault.code, stdout, stderr });
      else reject(new Error(`${[command, ...args].join(" ")}: ${fault.message} ${stderr}`, { cause: fault }));
    });
  });
}
