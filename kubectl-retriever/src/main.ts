#!/usr/bin/env node
// The command line's composition root: arguments, terminal, signals, exit codes. The only reader of process here.
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline/promises";
import { isatty } from "node:tty";
import { makeEvidenceReader } from "@retriever/operator/adapters/audit/audit-config-maps.ts";
import { makeSystemClock } from "@retriever/operator/adapters/system-clock.ts";
import { openConnection } from "@retriever/operator/kube/connection.ts";
import { makeKubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { createLogUpdate } from "log-update";
import { addOfflineCommands } from "#commands/offline.ts";
import { makeLocalFiles } from "#files/local-files.ts";
import type { Terminal } from "#output/terminal.ts";
import { makeKubeClient } from "./kube-client.ts";
import { type Connected, type ConnectOptions, runCli } from "./program.ts";

const clock = makeSystemClock();
/** Far above any manifest. */
const manifestFiles = makeLocalFiles(1024 * 1024);
/** Prometheus answers with at most 11,000 values a series: twenty series of them. */
const trafficFiles = makeLocalFiles(8 * 1024 * 1024);
/** Six times what a cluster keeps of one migration. */
const evidenceFiles = makeLocalFiles(64 * 1024 * 1024);

function connect({ kubeconfig, context, deadlineMs }: ConnectOptions): Connected {
  const connection = openConnection({
    clock,
    maxConnections: 2,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
  const request = makeKubeRequest(connection, { deadlineMs, clock });
  return {
    client: makeKubeClient(request, connection.userName),
    evidence: makeEvidenceReader(request),
    namespace: connection.namespace,
    close: connection.close,
  };
}

/** Asks on stderr: stdout is for data. A closed input or an interrupt answers nothing. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal: stop.signal });
  } catch {
    return "";
  } finally {
    lines.close();
  }
}

function makeTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const isTty = isatty(1);
  const update = createLogUpdate(stdout);
  const noColor = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
  return {
    isTty,
    color: isTty && !noColor && env["TERM"] !== "dumb",
    // A pseudo-terminal that nobody gave a size has 0.
    columns: () => stdout.columns || 80,
    rows: () => stdout.rows || 24,
    print: (line) => void stdout.write(`${line}\n`),
    warn: (line) => void stderr.write(`${line}\n`),
    frame: (lines) => update(lines.join("\n")),
    endFrames: () => {
      if (isTty) update.done();
    },
    ...(isatty(2) ? { progress: (line: string) => void stderr.write(`\r\u001b[K${line}`) } : {}),
    ...(isatty(0) ? { ask } : {}),
  };
}

const terminal = makeTerminal();

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
// A reader that goes away (a pipe into head) is no fault.
process.stdout.on("error", () => process.exit(0));
process.exitCode = await runCli(process.argv.slice(2), {
  terminal,
  clock,
  connect,
  evidenceFiles,
  signal: stop.signal,
  extend: (program, end) =>
    addOfflineCommands(
      program,
      { files: manifestFiles, trafficFiles, terminal, workers: availableParallelism(), signal: stop.signal },
      end,
    ),
});
