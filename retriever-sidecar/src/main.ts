#!/usr/bin/env node
// Composition root: flags, variables, signals, exit codes. The only reader of the process.
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { explain } from "@retriever/stores/errors.ts";
import { loadAdapters } from "@retriever/stores/kinds.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import { Command, Option } from "commander";
import { checkConfig, exitCodeOf, printChecks } from "#config/check-connections.ts";
import { type Flags, parseSettings } from "#config/settings.ts";
import { makeLog } from "#telemetry/logger.ts";
import { type Sidecar, startSidecar } from "./sidecar.ts";

const graceMs = 10_000;
/** Longer than the pause between two requests of a little traffic without kept connections. */
const quietMs = 5000;
/**
 * How far beyond what is alive (some 25 MiB) the old generation may grow before it is collected whole. V8 counts the
 * requests' buffers as grown, young or not, and after its first whole collection would begin the next every few hundred
 * requests: a third more CPU, three times the p99. With this the young collections free the buffers first.
 */
const heapGrowthPercent = 400;
const clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

async function serve(flags: Flags): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${heapGrowthPercent}`);
  const settings = parseSettings(flags, process.env);
  const log = makeLog({ app: "retriever-sidecar", pod: settings.podName });
  const sidecar = await startSidecar({
    settings,
    env: process.env,
    version: readVersion(),
    clock,
    random: () => Math.random(),
    log,
    registry: await loadAdapters(),
  });
  stopOnSignals(sidecar);
}

type CheckFlags = { readonly connect?: true; readonly deadline: string; readonly output: "text" | "json" };

async function check(file: string, { connect, deadline, output }: CheckFlags): Promise<void> {
  try {
    const registry = await loadAdapters();
    const deps = { env: process.env, registry, deadlineSeconds: deadline, connect: connect === true };
    const { summary, stores } = await checkConfig(file, deps);
    const text = `${connect === true ? "" : `${summary}\n`}${printChecks(stores)}`;
    process.stdout.write(output === "json" ? `${JSON.stringify({ schema: 1, stores }, null, 2)}\n` : text);
    process.exitCode = exitCodeOf(stores);
  } catch (error) {
    printError(error);
    process.exitCode = 2;
  }
}

/**
 * A kubelet sends SIGTERM to all containers of a pod at once, while requests still come to the application: it must find
 * its sidecar until it has ended itself. The kubelet kills what is left, of both at the same time.
 */
function stopOnSignals(sidecar: Sidecar): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    // A close that hangs ends the process all the same; so does the same signal once more.
    setTimeout(() => process.exit(1), graceMs + 2000).unref();
    void sidecar.stop(graceMs).then(() => process.exit(0));
  };
  process.once("SIGTERM", () => void sidecar.leave(quietMs).then(stop));
  process.once("SIGINT", stop);
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function printError(error: unknown): void {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}

const program = new Command("retriever-sidecar")
  .description("Serves retrieval from the primary store, samples the shadow, and counts the difference.")
  .version(readVersion());
program
  .command("serve")
  .description("serve the application and the operator")
  .option("--config <dir>", "directory of the base and the overlay (RETRIEVER_CONFIG)")
  .option("--listen <host:port>", "address for the application (RETRIEVER_LISTEN; 127.0.0.1:7080)")
  .option("--admin <host:port>", "address for metrics, status and health (RETRIEVER_ADMIN; 0.0.0.0:7090)")
  .option("--admin-tls <dir>", "directory with tls.crt and tls.key for that address (RETRIEVER_ADMIN_TLS; plain HTTP)")
  .action(serve);
program
  .command("check-config <file>")
  .description(
    "check a base, an overlay named migration.json, or the ConfigMap of either; exits with 1 where something is slow, 2 where it fails",
  )
  .option("--connect", "ask the stores as well what would fail or be slow")
  .option("--deadline <seconds>", "for all questions to one store", "15")
  .addOption(new Option("--output <form>", "of what is found").choices(["text", "json"]).default("text"))
  .action(check);
program.parseAsync().catch(printError);
