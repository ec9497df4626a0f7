// A server script run as a process of its own, so that its work takes no time from the caller's.
// The script announces itself by one JSON line and ends when its standard input ends: none outlives its caller.
import type { z } from "zod";
import { startProcess } from "#support/process/start-process.ts";

type ChildOptions<T> = {
  /** File of the script. */
  readonly script: string;
  readonly args: readonly string[];
  /** Added to this process's environment: the place for secrets, which arguments aren't. */
  readonly env: Readonly<Record<string, string>>;
  /** What the script announces. */
  readonly announces: z.ZodType<T>;
  readonly deadlineMs: number;
};

type Child<T> = { readonly announced: T; readonly close: () => Promise<void> };

/** Starts the script. Rejects with the end of its output when it ends, or announces nothing else, before the deadline. */
export async function startChild<T>({ script, args, env, announces, deadlineMs }: ChildOptions<T>): Promise<Child<T>> {
  const { announced, stop } = await startProcess({
    command: process.execPath,
    args: [script, ...args],
    env: { ...process.env, ...env },
    readLine: (line) => announces.parse(JSON.parse(line)),
    deadlineMs,
  });
  return { announced, close: async () => void (await stop()) };
}
