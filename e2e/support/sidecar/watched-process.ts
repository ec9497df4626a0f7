// A process started for a measurement or a test: pinned to a core where the system can, watched, and ended with certainty.
// Node scripts that announce themselves to e2e in one JSON line have stores/child-process.ts; this one serves foreign programs too.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export type ProcessOptions<T> = {
  readonly command: string;
  readonly args: readonly string[];
  /** Core to run on; ignored where `taskset` is missing. Undefined: any. */
  readonly core?: number | undefined;
  /** The whole environment besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** What one line of standard output tells; the process has started when it tells something. Undefined: at once. */
  readonly readLine?: (line: string) => T | undefined;
  /** Opens a channel for messages; both ends must be Node. */
  readonly withChannel?: boolean;
  readonly deadlineMs?: number;
};

export type WatchedProcess<T> = {
  readonly pid: number;
  readonly announced: T;
  /** Everything it has written, the last 64 MiB of it. */
  readonly output: () => string;
  readonly isRunning: () => boolean;
  /** Sends a message and resolves with the next one that comes back. One call at a time. */
  readonly ask: (message: object, deadlineMs: number) => Promise<unknown>;
  /** Ends it with SIGTERM, after 15 s with SIGKILL; its exit code. */
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

/** Starts a process. Rejects with the end of its output when it ends, or announces nothing, before the deadline. */
export async function startProcess<T>(options: ProcessOptions<T>): Promise<WatchedProcess<T>> {
  const { command, args, core, readLine, deadlineMs = 20_000 } = options;
  const child = launch(
    core === undefined || !canPin ? [command, ...args] : [pinner, "-c", `${core}`, command, ...args],
    options,
  );
  const output = gather(child);
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.on("error", () => running.delete(child));
  try {
    const announced = await announcement(child, readLine, deadlineMs);
    return {
      pid: child.pid ?? 0,
      announced,
      output,
      isRunning: () => child.exitCode === null && child.signalCode === null,
      ask: (message, limitMs) => ask(child, message, limitMs),
      stop: () => stop(child),
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
  { env, withChannel }: ProcessOptions<unknown>,
): ChildProcess {
  const { PATH = "" } = process.env;
  return spawn(command, args, {
    env: { PATH, ...env },
    stdio: withChannel === true ? ["pipe", "pipe", "pipe", "ipc"] : ["pipe", "pipe", "pipe"],
  });
}

function gather(child: ChildProcess): () => string {
  let text = "";
  const add = (part: string): void => {
    text = text.length + part.length > maxOutputChars ? part : text + part;
  };
  child.stdout?.setEncoding("utf8").on("data", add);
  child.stderr?.setEncoding("utf8").on("data", add);
  child.stdin?.on("error", () => undefined);
  return () => text;
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
    const told = readLine(line);
    if (told !== undefined) resolve(told);
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

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, "exit");
  child.stdin?.end();
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
  const [code] = (await exited) as [number | null];
  clearTimeout(timer);
  return code;
}
