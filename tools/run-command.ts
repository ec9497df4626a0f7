// Runs one command to its end with a deadline, and hands back what it said. Never throws for a command that fails.
import { spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";

export type Ran = {
  readonly code: number;
  /** Standard output and error as they came. */
  readonly output: string;
  readonly stdout: string;
  readonly seconds: number;
};

type RunOptions = {
  readonly cwd: string;
  readonly deadlineSeconds: number;
};

/** Exit code of a command that was ended because its deadline passed. */
const deadlineCode = 124;

/** Runs `command[0]` with the rest as arguments; the Node that runs this comes first on its PATH. */
export async function runCommand(command: readonly string[], options: RunOptions): Promise<Ran> {
  const started = performance.now();
  const [file = "", ...args] = command;
  const path = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, PATH: path, FORCE_COLOR: "0", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.timeout(options.deadlineSeconds * 1000),
    killSignal: "SIGKILL",
  });
  const chunks: Buffer[] = [];
  const printed: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    printed.push(chunk);
  });
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number>((resolve) => {
    child.once("error", (error) => {
      chunks.push(Buffer.from(`${command.join(" ")}: ${error.message}\n`));
      resolve(error.name === "AbortError" ? deadlineCode : 127);
    });
    child.once("close", (exitCode) => resolve(exitCode ?? deadlineCode));
  });
  const seconds = (performance.now() - started) / 1000;
  return {
    code,
    output: Buffer.concat(chunks).toString("utf8"),
    stdout: Buffer.concat(printed).toString("utf8"),
    seconds,
  };
}

/** As `runCommand`, for a command that has to succeed: rejects with what it said. Standard output. */
export async function runOrThrow(command: readonly string[], options: RunOptions): Promise<string> {
  const { code, output, stdout } = await runCommand(command, options);
  if (code === 0) return stdout;
  throw new Error(`${command.slice(0, 2).join(" ")}: exit ${code}: ${output.slice(-2000).trim()}`);
}
