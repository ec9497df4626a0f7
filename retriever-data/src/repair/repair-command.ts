// `verify --repair`: from a report's file to what was written, in words and in one line. Writes nothing without --yes.

import { RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { ChunkWriter } from "@retriever/stores/ports/chunk-store.ts";
import { chunkWritersOf } from "@retriever/stores/registry.ts";
import { type NamedStores, nameStores, openStores } from "#verify/open-stores.ts";
import { parseVerifyOptions, type VerifyFlags } from "#verify/options.ts";
import type { Both } from "#verify/run-deps.ts";
import type { VerifyProcess } from "#verify/verify.ts";
import { directions, type PlanOptions, planRepair, type RepairPlan } from "./plan.ts";
import { printPlan, printResult, repairLine } from "./print.ts";
import { checkReport, readReport } from "./read-report.ts";
import { type RepairDeps, type RepairResult, repair } from "./repair.ts";

/** As the command line has them, beside those of a run. */
export type RepairFlags = {
  /** File of the report. */
  readonly repair?: string;
  readonly direction?: string;
  readonly deleteExtra?: boolean;
  readonly yes?: boolean;
};

/** Flags of a run that a repair would ignore: it does what the report says. */
const foreignFlags = ["level", "since", "partition", "sample", "report", "resume", "serveReport", "quality"] as const;

/** Whether a repair is asked for, by any of its flags. */
export function isRepair({ repair: file, direction, deleteExtra, yes }: RepairFlags): boolean {
  return file !== undefined || direction !== undefined || deleteExtra === true || yes === true;
}

export type RepairProcess = Pick<
  VerifyProcess,
  "env" | "registry" | "clock" | "pause" | "progress" | "print" | "signal"
>;

/** Reading what a store warns of. */
const cautionsDeadlineMs = 60_000;
/** Unless --budget says otherwise: each chunk is read whole, written, and looked up. */
const defaultBudget = "5000";
const progressMs = 5000;

/**
 * 0: every chunk that the report names is the same in both stores; 1: some differ, as they do after a dry run.
 * Rejects with a RetrieverError: of the report or the configuration before anything is written, else of a store.
 */
export async function repairStores(flags: RepairFlags & VerifyFlags, around: RepairProcess): Promise<0 | 1> {
  const { file, ...options } = wishOf(flags);
  const { rowsPerSecond, scope } = parseVerifyOptions(verifyFlagsOf(flags), around.env);
  const report = readReport(file);
  const named = nameStores(flags, around);
  const identities = { source: named.source.identity, destination: named.destination.identity };
  checkReport(report, identities);
  const plan = planRepair(report, identities, options);
  const stores = openStores(named, around.registry);
  const writers = openWriters(named, around.registry);
  try {
    const cautions = await writers[plan.to.name].cautions(withDeadline(around.signal));
    around.print(`${printPlan(plan, report, cautions)}\n`);
    if (flags.yes !== true) return endDryRun(plan, around);
    const run = {
      level: report.scope.level,
      lagMs: (flags.lag === undefined ? report : { scope }).scope.lagSeconds * 1000,
      rowsPerSecond,
    };
    const tell = makeTeller(around);
    const deps = { stores, writers, clock: around.clock, pause: around.pause, onProgress: tell.onProgress };
    const result = await repair(plan, run, deps, around.signal).catch((error: unknown) => {
      tell.stopped();
      throw error;
    });
    return end(plan, result, around);
  } finally {
    await Promise.allSettled(
      [stores, writers].flatMap(({ source, destination }) => [source.close(), destination.close()]),
    );
  }
}

type Wish = PlanOptions & { readonly file: string };

/** Throws RETR_CONFIG_INVALID with every fault. */
function wishOf(flags: RepairFlags & VerifyFlags): Wish {
  const { repair: file, direction, deleteExtra = false } = flags;
  const known = directions.find((each) => each === direction);
  const got = direction === undefined ? "none" : JSON.stringify(direction.slice(0, 40));
  const faults = [
    ...(file === undefined ? ["--repair: expected the report to repair from"] : []),
    ...(known === undefined ? [`--direction: expected ${directions.join(" or ")}, got ${got}`] : []),
    ...foreignFlags
      .filter((name) => flags[name] !== undefined)
      .map((name) => `--${name === "serveReport" ? "serve-report" : name}: not with --repair`),
  ];
  if (file !== undefined && known !== undefined && faults.length === 0) {
    return { file, direction: known, deletesExtra: deleteExtra };
  }
  throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `verify: ${faults.join("; ")}` });
}

function verifyFlagsOf({ budget = defaultBudget, lag }: VerifyFlags): VerifyFlags {
  return lag === undefined ? { budget } : { budget, lag };
}

function openWriters({ source, destination, fields }: NamedStores, registry: Registry): Both<ChunkWriter> {
  const open = chunkWritersOf(registry);
  return {
    source: open(source.spec, { identity: source.identity, fields }),
    destination: open(destination.spec, { identity: destination.identity, fields }),
  };
}

function endDryRun(plan: RepairPlan, { print }: RepairProcess): 0 | 1 {
  print(`dry run: nothing was written; --yes writes\n${repairLine(plan, null)}\n`);
  return plan.writes.length + plan.removals.length + plan.kept.length === 0 ? 0 : 1;
}

function end(plan: RepairPlan, result: RepairResult, { print }: RepairProcess): 0 | 1 {
  print(`${printResult(result)}\n${repairLine(plan, result)}\n`);
  return result.remaining.length === 0 ? 0 : 1;
}

/** Says where it is, every few seconds, and how far it came when it is stopped. */
function makeTeller({ clock, progress }: RepairProcess) {
  let toldAt = clock.monotonicMs();
  let last = "before the first batch";
  const onProgress: RepairDeps["onProgress"] = ({ step, done, total }) => {
    last = `${step} ${done} of ${total}`;
    if (clock.monotonicMs() - toldAt < progressMs) return;
    toldAt = clock.monotonicMs();
    progress.write(`  ${last}\n`);
  };
  const stopped = (): void => progress.write(`  stopped: ${last}; the same report can be repaired from again\n`);
  return { onProgress, stopped };
}

function withDeadline(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(cautionsDeadlineMs)]);
}
