// A server script run as a process of its own, so that its work takes no time from the caller's.
// The script announces itself by one JSON line and ends when its standard input ends: none outlives its caller.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { z } from "zod";
import { patienceMs } from "#support/patience.ts";

export type ChildOptions<T> = {
  /** File of the script. */
  readonly script: string;
  readonly args: readonly string[];
  /** Added to this process's environment: the place for secrets, which arguments aren't. */
  readonly env: Readonly<Record<string, string>>;
  /** What the script announces. */
  readonly announces: z.ZodType<T>;
  /** Of a quiet machine. */
  readonly deadlineMs: number;
};

export type Child<T> = {
  readonly announced: T;
  /** Resolves when the process is gone; a process that doesn't go within 5 s is killed. */
  readonly close: () => Promise<void>;
};

type Spawned = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts the script. Rejects with the end of its error output when it ends, or says nothing, before the deadline. */
export async function startChild<T>({ script, args, env, announces, deadlineMs }: ChildOptions<T>): Promise<Child<T>> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  child.stdin.on("error", () => undefined);
  try {
    const line = await firstLine(child, deadlineMs);
    return { announced: announces.parse(JSON.parse(line)), close: () => stop(child) };
  } catch (cause) {
    child.kill("SIGKILL");
    throw new Error(`${script} did not start: ${errors.trim() || "no output"}`, { cause });
  }
}

async function firstLine(child: Spawned, deadlineMs: number): Promise<string> {
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(patienceMs(deadlineMs));
  const ended = once(child, "exit", { signal }).then(() => {
    throw new Error("the process ended");
  });
  const [line] = await Promise.race([once(lines, "line", { signal }), ended]);
  ended.catch(() => undefined);
  return String(line);
}

async function stop(child: Spawned): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.stdin.end();
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await exited;
  clearTimeout(timer);
}
