// `verify --repair`: from a report's file to what was written, in sentences and in one line. Writes nothing without --yes.

import { RetrieverError } from "@retriever/stores/errors.ts";
import { makeRateLimit } from "#compare/progress.ts";
import { deadline } from "#compare/retry.ts";
import { nameStores, openStores, openWriters } from "#config/open-stores.ts";
import { parseVerifyOptions, type VerifyFlags } from "#config/options.ts";
import type { CommandDeps } from "#verify/verify.ts";
import { directions, type PlanOptions, planRepair, type RepairPlan } from "./plan.ts";
import { printPlan, printResult, repairLine } from "./print.ts";
import { checkReport, readReport } from "./read-report.ts";
import { type RepairDeps, type RepairResult, repair } from "./repair.ts";

/** As the command line gives them, beside those of a run. */
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

/** For reading what a store warns of. */
const cautionsDeadlineMs = 60_000;
/** Unless --budget says otherwise: each chunk is read whole, written, and looked up. */
const defaultBudget = "5000";
const progressMs = 5000;

/**
 * 0: every chunk that the report names is the same in both stores; 1: some differ, as they do after a dry run.
 * Rejects with a RetrieverError: of the report or the configuration before anything is written, else of a store.
 */
export async function repairStores(flags: RepairFlags & VerifyFlags, deps: CommandDeps): Promise<0 | 1> {
  const { file, ...options } = parseRepairOptions(flags);
  const { rowsPerSecond, scope } = parseVerifyOptions(verifyFlagsOf(flags), deps.env);
  const report = readReport(file);
  const named = nameStores(flags, deps);
  const identities = { source: named.source.identity, destination: named.destination.identity };
  checkReport(report, identities);
  const plan = planRepair(report, identities, options);
  const stores = openStores(named, deps.registry);
  const writers = openWriters(named, deps.registry);
  try {
    const cautions = await writers[plan.to.name].cautions(deadline(deps.signal, cautionsDeadlineMs));
    deps.print(`${printPlan(plan, report, cautions)}\n`);
    if (flags.yes !== true) return endDryRun(plan, deps);
    const run = {
      level: report.scope.level,
      lagMs: (flags.lag === undefined ? report : { scope }).scope.lagSeconds * 1000,
      rowsPerSecond,
    };
    const { onProgress, onStopped } = makeReporter(deps);
    const repairDeps = { stores, writers, clock: deps.clock, pause: deps.pause, onProgress };
    const result = await repair(plan, run, repairDeps, deps.signal).catch((error: unknown) => {
      onStopped();
      throw error;
    });
    return end(plan, result, deps);
  } finally {
    await Promise.allSettled(
      [stores, writers].flatMap(({ source, destination }) => [source.close(), destination.close()]),
    );
  }
}

/** Throws RETR_CONFIG_INVALID with every fault. */
function parseRepairOptions(flags: RepairFlags & VerifyFlags): PlanOptions & { readonly file: string } {
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

function endDryRun(plan: RepairPlan, { print }: CommandDeps): 0 | 1 {
  print(`dry run: nothing was written; --yes writes\n${repairLine(plan, null)}\n`);
  return plan.writes.length + plan.removals.length + plan.kept.length === 0 ? 0 : 1;
}

function end(plan: RepairPlan, result: RepairResult, { print }: CommandDeps): 0 | 1 {
  print(`${printResult(result)}\n${repairLine(plan, result)}\n`);
  return result.remaining.length === 0 ? 0 : 1;
}

/** Reports the progress every few seconds, and the last one when the repair is stopped. */
function makeReporter({ clock, progress }: CommandDeps) {
  const isDue = makeRateLimit(clock, progressMs);
  let last = "before the first batch";
  const onProgress: RepairDeps["onProgress"] = ({ step, done, total }) => {
    last = `${step} ${done} of ${total}`;
    if (isDue()) progress.write(`  ${last}\n`);
  };
  const onStopped = (): void => progress.write(`  stopped: ${last}; the same report can be repaired from again\n`);
  return { onProgress, onStopped };
}
