// Child processes of the pods: each leads its own group, and a reaper ends them when this process dies.
// Owns nothing but processes; what to run is decided elsewhere.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compileCache } from "#support/compile-cache.ts";

type Command = {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Both outputs are appended here. */
  readonly logFile: string;
};

export type Exit = { readonly code: number | null; readonly signal: string | null };

export type Running = {
  readonly pid: number;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly exited: Promise<Exit>;
};

export type Processes = { readonly start: (command: Command) => Running; readonly close: () => Promise<void> };

/** Starts the reaper; every process started here ends with close() or with this process. */
export function makeProcesses(): Processes {
  const reaper = spawn(process.execPath, [fileURLToPath(new URL("reaper-main.ts", import.meta.url))], {
    stdio: ["pipe", "ignore", "inherit"],
    detached: true,
  });
  // The reaper dying is no reason to die too; its end is seen again at close().
  reaper.stdin.on("error", () => undefined);
  const running = new Set<Running>();
  const start = (command: Command): Running => {
    const child = launch(command);
    const pid = child.pid;
    if (pid === undefined) throw new Error(`could not start ${command.command[0] ?? "nothing"}`);
    reaper.stdin.write(`+${pid}\n`);
    const made: Running = {
      pid,
      signal: (signal) => signalGroup(pid, signal),
      exited: exitOf(child),
    };
    running.add(made);
    void made.exited.then(() => {
      running.delete(made);
      // Whatever the process left behind in its group goes with it.
      signalGroup(pid, "SIGKILL");
      return reaper.stdin.writable && reaper.stdin.write(`-${pid}\n`);
    });
    return made;
  };
  const close = async () => {
    for (const one of running) one.signal("SIGKILL");
    await Promise.all([...running].map((one) => one.exited));
    const ended = new Promise((resolve) => reaper.once("exit", resolve));
    reaper.stdin.end();
    if (reaper.exitCode === null && reaper.signalCode === null) await ended;
  };
  return { start, close };
}

function launch({ command, env, cwd, logFile }: Command): ChildProcess {
  const log = openSync(logFile, "a");
  const [program = "", ...args] = command;
  try {
    return spawn(program, args, {
      cwd,
      env: { ...compileCache(), ...env },
      detached: true,
      stdio: ["ignore", log, log],
    });
  } finally {
    closeSync(log);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone; a signal to it has nothing to do.
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: 127, signal: null }));
  });
}
