// A foreign server that must not outlive its caller, however that one ends: a shell holds both, and ends the server when
// the caller's end of its standard input closes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export type Guarded = {
  /** Ends the server, and resolves when it and the guard are gone. */
  readonly close: () => Promise<void>;
  readonly isRunning: () => boolean;
};
type GuardedOptions = {
  /** The server and its arguments; its output goes to `logFile`. */
  readonly command: readonly string[];
  readonly logFile: string;
  /** Added to this process's environment: the place for secrets, which arguments aren't. */
  readonly env?: Readonly<Record<string, string>>;
  /** A shell line that is run once the server is to end; `$server` is its process. */
  readonly ending: string;
  /** Arguments of that line, as `$1` and so on. */
  readonly endingArguments: readonly string[];
  /** Another account to run as; undefined: the caller's. */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
};

const stopDeadlineMs = 20_000;

/** Starts the server. It may still fail: ask it whether it serves. */
export function startGuarded(options: GuardedOptions): Guarded {
  const { command, logFile, env, ending, endingArguments, account } = options;
  const line = [
    // Signals of the terminal are the caller's matter alone.
    `"$@" </dev/null >>${quote(logFile)} 2>&1 & server=$!`,
    "trap '' INT TERM HUP",
    "while read -r _; do :; done",
    `set -- ${endingArguments.map(quote).join(" ")}`,
    ending,
  ].join("\n");
  const child = spawn("/bin/sh", ["-c", line, "sh", ...command], {
    cwd: "/",
    env: { ...process.env, ...env },
    stdio: ["pipe", "ignore", "ignore"],
    ...account,
  });
  child.stdin?.on("error", () => undefined);
  child.on("error", () => undefined);
  return { close: () => stop(child), isRunning: () => child.exitCode === null && child.signalCode === null };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  child.stdin?.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), stopDeadlineMs);
  await exited;
  clearTimeout(timer);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
