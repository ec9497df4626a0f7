// A process started for a measurement or a test: pinned to a core where the system can, watched, and ended with certainty.
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { compileCache } from "#support/compile-cache.ts";
import { patienceMs } from "#support/patience.ts";

export type ProcessOptions<T> = {
  readonly command: string;
  readonly args: readonly string[];
  /** Core to run on; ignored where `taskset` is missing. Undefined: any. */
  readonly core?: number | undefined;
  /** The whole environment besides PATH and the place of compiled programs. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What one line of standard output tells; the process has started when it tells something. Undefined: at once. */
  readonly readLine?: (line: string) => T | undefined;
  /** File that takes all output, instead of this process's memory; then no line is read. */
  readonly logFile?: string;
  /** Opens a channel for messages; both ends must be Node. */
  readonly withChannel?: boolean;
  /** Of a quiet machine, default 20 s. */
  readonly deadlineMs?: number;
  /** What ends it; default SIGTERM. */
  readonly endSignal?: NodeJS.Signals;
};

export type WatchedProcess<T> = {
  readonly pid: number;
  readonly announced: T;
  /** Everything it has written, or to one of its outputs alone; the last 64 MiB of it. */
  readonly output: (stream?: "stdout" | "stderr") => string;
  readonly isRunning: () => boolean;
  /** Its exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  /** Sends a signal to a process that runs; nothing to another. */
  readonly signal: (name: NodeJS.Signals) => void;
  /** Sends a message and resolves with the next one that comes back. One call at a time. */
  readonly ask: (message: object, deadlineMs: number) => Promise<unknown>;
  /** Ends it, after 15 s with SIGKILL; its exit code. */
  readonly stop: () => Promise<number | null>;
};

/** Sets the core of a command and becomes it. */
const pinner = "taskset";
const maxOutputChars = 64 * 1_048_576;
const stopGraceMs = 15_000;

/** None outlives its caller, however that one ends short of SIGKILL. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** For mains: an interrupt ends the process, and with it whatever it has started. */
export function endOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
}

/** Whether processes can be pinned to a core here. */
export const canPin = spawnSync(pinner, ["-V"], { stdio: "ignore" }).status === 0;

/** The command as it is run on a core; as it is for none, and where processes can't be pinned. */
export function pinned(core: number | undefined, command: readonly string[]): readonly string[] {
  return core === undefined || !canPin ? command : [pinner, "-c", `${core}`, ...command];
}

/** Starts a process. Rejects with the end of its output when it ends, or announces nothing, before the deadline. */
export async function startProcess<T>(options: ProcessOptions<T>): Promise<WatchedProcess<T>> {
  const { command, args, core, readLine, deadlineMs = 20_000, endSignal = "SIGTERM" } = options;
  const child = launch(pinned(core, [command, ...args]), options);
  const output = options.logFile === undefined ? gather(child) : readerOf(options.logFile);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const ended = endOf(child);
  try {
    const announced = await announcement(child, readLine, patienceMs(deadlineMs));
    return {
      pid: child.pid ?? 0,
      announced,
      output,
      isRunning,
      ended,
      signal: (name) => void (isRunning() && child.kill(name)),
      ask: (message, limitMs) => ask(child, message, limitMs),
      stop: async () => {
        if (isRunning()) askToEnd(child, endSignal);
        return ended;
      },
    };
  } catch (cause) {
    child.kill("SIGKILL");
    throw new Error(`${command} ${args[0] ?? ""} did not start: ${output().slice(-2000).trim() || "no output"}`, {
      cause,
    });
  }
}

function launch(
  [command = "", ...args]: readonly string[],
  { env, withChannel, logFile }: ProcessOptions<unknown>,
): ChildProcess {
  const { PATH = "" } = process.env;
  const log = logFile === undefined ? "pipe" : openSync(logFile, "a");
  const stdio: StdioOptions = ["pipe", log, log];
  try {
    return spawn(command, args, {
      env: { PATH, ...compileCache(), ...env },
      stdio: withChannel === true ? [...stdio, "ipc"] : stdio,
    });
  } finally {
    if (typeof log === "number") closeSync(log);
  }
}

function gather(child: ChildProcess): WatchedProcess<unknown>["output"] {
  const texts = { stdout: "", stderr: "", both: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.setEncoding("utf8").on("data", (part: string) => {
      for (const name of [stream, "both"] as const)
        texts[name] = texts[name].length + part.length > maxOutputChars ? part : texts[name] + part;
    });
  }
  return (stream) => texts[stream ?? "both"];
}

function readerOf(file: string): () => string {
  return () => readFileSync(file, "utf8");
}

/** Resolves when its output has been read, too; of a program that can't be started, with null. */
function endOf(child: ChildProcess): Promise<number | null> {
  running.add(child);
  child.stdin?.on("error", () => undefined);
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const end = (code: number | null): void => {
    running.delete(child);
    resolve(code);
  };
  child.on("error", () => end(null));
  child.once("close", end);
  return promise;
}

async function announcement<T>(
  child: ChildProcess,
  readLine: ((line: string) => T | undefined) | undefined,
  deadlineMs: number,
): Promise<T> {
  if (readLine === undefined || child.stdout === null) {
    await once(child, "spawn");
    return undefined as T;
  }
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    try {
      const told = readLine(line);
      if (told !== undefined) resolve(told);
    } catch (error) {
      reject(error);
    }
  });
  child.once("error", reject);
  child.once("exit", () => reject(new Error("the process ended")));
  const timer = setTimeout(() => reject(new Error(`nothing announced within ${deadlineMs} ms`)), deadlineMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    lines.removeAllListeners("line");
  }
}

async function ask(child: ChildProcess, message: object, deadlineMs: number): Promise<unknown> {
  const answered = once(child, "message", { signal: AbortSignal.timeout(deadlineMs) });
  child.send(message);
  const [answer] = (await answered) as [unknown];
  return answer;
}

function askToEnd(child: ChildProcess, signal: NodeJS.Signals): void {
  child.stdin?.end();
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
  child.once("exit", () => clearTimeout(timer));
}
