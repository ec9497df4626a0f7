#!/usr/bin/env node
// Composition root: flags, variables, signals, exit codes. The only reader of the process.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { explain, faultOf } from "@retriever/stores/errors.ts";
import { loadAdapters } from "@retriever/stores/kinds.ts";
import { printableLines } from "@retriever/stores/values/printable.ts";
import { Command } from "commander";
import type { VerifyFlags } from "./config/options.ts";
import { copyStores } from "./copy/copy-command.ts";
import type { CopyFlags } from "./copy/options.ts";
import { isRepair, type RepairFlags, repairStores } from "./repair/repair-command.ts";
import type { SyncFlags } from "./sync/options.ts";
import { syncStores } from "./sync/sync-command.ts";
import { openReportFolder } from "./verify/report-folder.ts";
import { type CommandDeps, exitCodeOf, exitCodes, verify } from "./verify/verify.ts";

/** A store that doesn't answer may hold a connection for half a minute. */
const stopGraceMs = 1500;

/**
 * Exit codes carry the outcome, so an unexpected end must not use one of them. `stopped`: what ends a command with soon
 * after a signal, whatever the stores do; null: it ends by itself.
 */
async function run<Flags extends { readonly terminationLog?: string }>(
  command: (flags: Flags, deps: CommandDeps) => Promise<number>,
  flags: Flags,
  stopped: number | null = null,
): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort();
    if (stopped !== null) setTimeout(() => process.exit(stopped), stopGraceMs).unref();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.once("uncaughtException", (error) => {
    printError(error);
    process.exit(exitCodes.unknown);
  });
  try {
    process.exitCode = await command(flags, {
      env: process.env,
      version: readVersion(),
      registry: await loadAdapters(),
      clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
      random: () => Math.random(),
      pause: async (ms, signal) => pause(ms, undefined, { signal }),
      openFolder: openReportFolder,
      writeFile: (path, text) => writeFile(path, text),
      progress: { isTerminal: process.stderr.isTTY, write: (text) => process.stderr.write(text) },
      print: (text) => process.stdout.write(text),
      signal: stopping.signal,
    });
  } catch (error) {
    printError(error);
    const { code, message } = faultOf(error);
    if (flags.terminationLog !== undefined)
      await writeFile(flags.terminationLog, `${code}: ${message}`).catch(printError);
    process.exitCode = exitCodeOf(error);
  }
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function printError(error: unknown): void {
  process.stderr.write(`${printableLines(explain(error))}\n`);
  process.exitCode = 1;
}

const program = new Command("retriever-data")
  .description(
    "Compares the chunks of two stores, copies one to the other, keeps them the same, and repairs from a reviewed report.",
  )
  .version(readVersion());
program
  .command("verify")
  .description("compare the chunks of two stores: exit 0 equal, 1 drift, 2 can't say, 3 bad usage")
  .option("--config <dir>", "directory of the base and the overlay (RETRIEVER_CONFIG)")
  .option("--source <file>", "a base whose primary is the source, in place of --config")
  .option("--destination <file>", "a base whose primary is the destination")
  .option("--level <level>", "ids, fresh, payload or vector (fresh)")
  .option("--since <time>", "only what was written since then, ISO 8601 (RETRIEVER_VERIFY_SINCE)")
  .option("--partition <i/n>", "only the i-th of n parts of the ids (0/1)")
  .option("--sample <share>", "only this share of the ids, 0..1 (1)")
  .option("--budget <chunks/s>", "most chunks per second and store; none: as fast as they are (50000)")
  .option("--lag <seconds>", "how long a write may take to arrive (5)")
  .option("--report <dir>", "folder for report, page and checkpoint")
  .option("--resume", "go on from the folder's checkpoint")
  .option("--serve-report <host:port>", "serve GET /v1/report until it was fetched")
  .option("--serve-for <seconds>", "or for so long (120)")
  .option("--termination-log <file>", "write a summary of at most 4096 bytes")
  .option("--checkpoint <seconds>", "write a checkpoint that often (5)")
  .option("--quality <n>", "probe both stores' indexes with n queries against their own exact search")
  .option("--queries <file>", "take the queries from a file, one request a line")
  .option("--k <k>", "neighbours of a query (10)")
  .option("--repair <path>", "make the chunks of a saved report the same in both stores; dry run without --yes")
  .option("--digest <digest>", "of the report that was agreed to: a repair writes from no other")
  .option("--direction <direction>", "of a repair: source-to-destination or destination-to-source")
  .option("--delete-extra", "a repair also removes what only the written store has")
  .option("--on-refusal <mode>", "of a chunk that a store can't take: skip it, or stop (skip)")
  .option("--dry-run", "a repair prints its plan and writes nothing, as without --yes")
  .option("--yes", "a repair writes")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.badUsage))
  .action((flags: VerifyFlags & RepairFlags) => run(isRepair(flags) ? repairStores : verify, flags));
program
  .command("copy")
  .description("fill the destination from the source until both are equal; exit codes are those of verify")
  .option("--config <dir>", "directory of the base and the overlay (RETRIEVER_CONFIG)")
  .option("--source <file>", "a base whose primary is the source, in place of --config")
  .option("--destination <file>", "a base whose primary is the destination")
  .option("--budget <chunks/s>", "most chunks per second and store; none: as fast as they are (50000)")
  .option("--batch <chunks>", "chunks of one batch (500)")
  .option("--in-flight <n>", "batches that are written at the same time (2)")
  .option("--delete-extra", "remove what only the destination has")
  .option("--lag <seconds>", "how long a write may take to arrive (5)")
  .option("--report <dir>", "folder for the report of the last comparison and its page")
  .option("--create", "make the destination like the source where there is none, and index its vectors at the end")
  .option("--termination-log <file>", "write how it ended, at most 4096 bytes")
  .option("--index <file>", "JSON of the vectors' index: kind (hnsw or none), m, efConstruction")
  .option("--divide <n>", "print the bounds of n parts of the source, and end")
  .option("--range <i/n>", "copy the i-th of n parts alone, from 0 on, and compare nothing")
  .option("--bounds <json>", "with --range: the bounds of all parts, as --divide prints them")
  .option("--dry-run", "print the plan, an estimate and what would be refused of the first chunks; write nothing")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.badUsage))
  .action((flags: CopyFlags) => run(copyStores, flags));
program
  .command("sync")
  .description("keep the destination equal to the source until it is stopped: exit 0; with --once as verify")
  .option("--config <dir>", "directory of the base and the overlay (RETRIEVER_CONFIG)")
  .option("--source <file>", "a base whose primary is the source, in place of --config")
  .option("--destination <file>", "a base whose primary is the destination")
  .option("--interval <seconds>", "between two passes (5)")
  .option("--lag <seconds>", "how long a write may take to be seen: so far back each pass reads again (5)")
  .option("--verify-every <seconds>", "verify everything that often (3600)")
  .option("--level <level>", "of these verifications: ids, fresh, payload or vector (vector)")
  .option("--budget <chunks/s>", "most chunks per second and store; none: as fast as they are (50000)")
  .option(
    "--delete-extra",
    "verifications remove what only the destination has, while it isn't the store that is served",
  )
  .option("--removals-need-leave", "remove nothing but within a minute of POST /v1/sync/removals?removals=allow")
  .option("--once", "one pass and one verification, then end")
  .option("--listen <host:port>", "serve GET /v1/sync, /metrics, /healthz and /readyz")
  .option("--report <dir>", "folder for the report of the last verification and its page")
  .option("--termination-log <file>", "write what ended it there")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.badUsage))
  .action((flags: SyncFlags) => run(syncStores, flags, flags.once === true ? exitCodes.unknown : exitCodes.equal));

program.parseAsync().catch(printError);
