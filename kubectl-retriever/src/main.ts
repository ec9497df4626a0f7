#!/usr/bin/env node
// The command line's composition root: arguments, terminal, signals, exit codes. The only reader of process here.
// Everything else is loaded after the compile cache is on, and only by the command that needs it.
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { availableParallelism, homedir } from "node:os";
import { isatty } from "node:tty";
import { isMainThread } from "node:worker_threads";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import type { createLogUpdate } from "log-update";
import type { Terminal } from "#output/terminal.ts";
import type { Connected, ConnectOptions } from "./surroundings.ts";
import { codeFolder, homeFolder } from "./users-folders.ts";

const { env, stdout, stderr } = process;
const stop = new AbortController();

async function connect(options: ConnectOptions, clock: Clock): Promise<Connected> {
  const [opened, { kubeconfigsOf, usualKubeconfig }, { environmentProxy }, { podAddressOf }] = await Promise.all([
    import("./connect.ts"),
    import("./kubeconfig-list.ts"),
    import("./environment-proxy.ts"),
    import("@retriever/operator/kube/pod-account.ts"),
  ]);
  const { kubeconfig: given } = options;
  const home = homeFolder(homedir);
  const files = kubeconfigsOf({ given, variable: env["KUBECONFIG"], home, exists: existsSync });
  const pod = podAddressOf(env);
  const proxyFor = (server: string) => environmentProxy(server, env);
  // Whoever completes a word with the tab key isn't asked for a password there.
  const isAttended = isatty(0) && process.argv[2] !== "__complete";
  const place = { environment: env, isAttended, tell: (text: string) => void stderr.write(text) };
  return opened.connect(options, { files, usual: usualKubeconfig(home), pod, proxyFor, place }, clock);
}

/** Asks on stderr: stdout is for data. A closed input or an interrupt answers nothing. */
async function ask(question: string): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: stderr });
  try {
    return await lines.question(question, { signal: stop.signal });
  } catch {
    return "";
  } finally {
    lines.close();
  }
}

function makeTerminal(): Terminal {
  const isTty = isatty(1);
  let update: ReturnType<typeof createLogUpdate> | undefined;
  const noColor = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
  return {
    isTty,
    color: isTty && !noColor && env["TERM"] !== "dumb",
    // A pseudo-terminal that nobody gave a size has 0.
    columns: () => stdout.columns || 80,
    rows: () => stdout.rows || 24,
    print: (line) => void stdout.write(`${line}\n`),
    show: (line) => void stdout.write(`${line}\n`),
    data: (text) => void stdout.write(`${text}\n`),
    warn: (line) => void stderr.write(`${line}\n`),
    frame: async (lines) => {
      const { createLogUpdate: open } = await import("log-update");
      update ??= open(stdout);
      update(lines.join("\n"));
    },
    endFrames: () => update?.done(),
    ...(isatty(2) ? { progress: (line: string) => void stderr.write(`\r\u001b[K${line}`) } : {}),
    ...(isatty(0) ? { ask } : {}),
  };
}

/** A reader that goes away (a pipe into head) is no fault; a full disk is: what is there isn't whole. */
function endOutput({ code = "unknown fault" }: NodeJS.ErrnoException): void {
  if (code === "EPIPE") process.exit(0);
  stderr.write(`can't write the output: ${code}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
  stdout.on("error", endOutput);
  // Words about what was done: it is done all the same where nobody reads them.
  stderr.on("error", () => undefined);
  // Of this user alone: what is in it is run. Where it can't be written, there is none.
  enableCompileCache(codeFolder(env, homeFolder(homedir)));
  const { makeSystemClock } = await import("@retriever/operator/adapters/system-clock.ts");
  const { makeLocalFiles } = await import("#files/local-files.ts");
  const { scenarioLibrary } = await import("#files/scenario-library.ts");
  const { runCli } = await import("./program.ts");
  const clock = makeSystemClock();
  const input = () => process.stdin;
  process.exitCode = await runCli(process.argv.slice(2), {
    terminal: makeTerminal(),
    clock,
    connect: (options) => connect(options, clock),
    files: {
      /** Far above any manifest. */
      manifests: makeLocalFiles(1024 * 1024, input),
      /** Prometheus answers with at most 11,000 values a series: twenty series of them. */
      traffic: makeLocalFiles(8 * 1024 * 1024, input),
      /** Six times what a cluster keeps of one migration. */
      evidence: makeLocalFiles(64 * 1024 * 1024, input),
    },
    scenarios: scenarioLibrary,
    workers: { count: availableParallelism(), entry: new URL(import.meta.url) },
    signal: stop.signal,
  });
  // A program that logs in, given up, would hold this one for as long as it runs. Where the output failed, its fault ends this.
  // A reader of the words that is slow is waited for as well.
  stdout.write("", (fault) => (fault ? undefined : stderr.write("", () => process.exit())));
}

// A worker thread of `rehearse --runs` begins here, too: so the program can be one file.
void (isMainThread ? main() : import("#runs/run-worker.ts"));
