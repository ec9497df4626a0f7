// `verify --repair`: from a report's file to what was written, in sentences and in one line. Writes nothing without --yes.

import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { makeRateLimit } from "#compare/progress.ts";
import { deadline } from "#compare/retry.ts";
import { nameStores, openStores, openWriters } from "#config/open-stores.ts";
import { parseVerifyOptions, type VerifyFlags } from "#config/options.ts";
import { type CommandDeps, writeSummary } from "#verify/verify.ts";
import type { Left } from "./decide.ts";
import { directions, type PlanOptions, planRepair, type RepairPlan } from "./plan.ts";
import { printLeft, printPlan, printResult, repairLine } from "./print.ts";
import { checkReport, readReports } from "./read-report.ts";
import { foresee, type RepairOptions, type RepairResult, repair } from "./repair.ts";
import type { RepairDeps } from "./repair-run.ts";
import { type Repaired, summarizeRepair } from "./summary.ts";

/** As the command line gives them, beside those of a run. */
export type RepairFlags = {
  /** File of the report, or folder with those of all partitions. */
  readonly repair?: string;
  /** Of the report that somebody agreed to. */
  readonly digest?: string;
  readonly direction?: string;
  readonly deleteExtra?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly onRefusal?: string;
};

const refusalModes = ["skip", "stop"] as const;

/** Flags of a run that a repair would ignore: it does what the report says. */
const foreignFlags = ["level", "since", "partition", "sample", "report", "resume", "serveReport", "quality"] as const;

/** Whether a repair is asked for, by any of its flags. */
export function isRepair({ repair: file, direction, onRefusal, digest, ...switches }: RepairFlags): boolean {
  const isOn = [switches.deleteExtra, switches.yes, switches.dryRun].includes(true);
  return [file, direction, onRefusal, digest].some((each) => each !== undefined) || isOn;
}

/** For reading what a store warns of. */
const inspectDeadlineMs = 60_000;
/** Unless --budget says otherwise: each chunk is read whole, written, and looked up. */
const defaultBudget = "5000";
const progressMs = 5000;

/**
 * 0: every chunk that the reports name is the same in both stores; 1: some differ or were refused, as after a dry run.
 * Rejects with a RetrieverError: of a report or the configuration before anything is written, else of a store.
 */
export async function repairStores(flags: RepairFlags & VerifyFlags, deps: CommandDeps): Promise<0 | 1> {
  const options = parseRepairOptions(flags);
  const { rowsPerSecond, scope, terminationLog } = parseVerifyOptions(verifyFlagsOf(flags), deps.env);
  const reports = readReports(options.file, options.digest);
  const named = nameStores(flags, deps);
  const identities = { source: named.source.identity, destination: named.destination.identity };
  for (const report of reports) checkReport(report, identities);
  const stores = openStores(named, deps.registry);
  const writers = openWriters(named, deps.registry);
  const { onProgress, onStopped } = makeReporter(deps);
  const repairDeps = { stores, writers, clock: deps.clock, pause: deps.pause, onProgress };
  const lagOf = (report: VerifyReport): number =>
    (flags.lag === undefined ? report : { scope }).scope.lagSeconds * 1000;
  try {
    const repaired: Repaired[] = [];
    let code: 0 | 1 = 0;
    for (const report of reports) {
      const plan = planRepair(report, identities, options);
      const run = { level: report.scope.level, lagMs: lagOf(report), rowsPerSecond, onRefusal: options.onRefusal };
      const asked = { report, plan, run, isDry: flags.yes !== true };
      const { result, exitCode } = await repairOne(asked, repairDeps, deps);
      if (result !== null) repaired.push({ report, plan, result });
      code = exitCode === 0 ? code : 1;
    }
    const [first, ...others] = repaired;
    if (first !== undefined)
      await writeSummary(terminationLog, JSON.stringify(summarizeRepair([first, ...others])), deps);
    return code;
  } catch (error) {
    onStopped();
    throw error;
  } finally {
    await Promise.allSettled(
      [stores, writers].flatMap(({ source, destination }) => [source.close(), destination.close()]),
    );
  }
}

type Asked = {
  readonly report: VerifyReport;
  readonly plan: RepairPlan;
  readonly run: RepairOptions;
  readonly isDry: boolean;
};
type Done = { readonly result: RepairResult | null; readonly exitCode: 0 | 1 };

async function repairOne(
  { report, plan, run, isDry }: Asked,
  repairDeps: RepairDeps,
  deps: CommandDeps,
): Promise<Done> {
  const { writers } = repairDeps;
  const limit = deadline(deps.signal, inspectDeadlineMs);
  const inspections = [writers[plan.from.name].inspect("read", limit), writers[plan.to.name].inspect("write", limit)];
  const [, cautions = []] = await Promise.all(inspections);
  deps.print(`${printPlan(plan, report, cautions)}\n`);
  if (isDry) {
    const left = await foresee(plan, run, repairDeps, deps.signal);
    return { result: null, exitCode: endDryRun(plan, left, deps) };
  }
  const result = await repair(plan, run, repairDeps, deps.signal);
  return { result, exitCode: end(plan, result, deps) };
}

type Options = PlanOptions &
  Pick<RepairOptions, "onRefusal"> & {
    readonly file: string;
    /** Null: whichever report it is. */
    readonly digest: string | null;
  };

/** Throws RETR_CONFIG_INVALID with every fault. */
function parseRepairOptions(flags: RepairFlags & VerifyFlags): Options {
  const { repair: file, direction, deleteExtra = false, onRefusal: mode = "skip", digest = null } = flags;
  const known = directions.find((each) => each === direction);
  const onRefusal = refusalModes.find((each) => each === mode);
  const faults = [
    ...(file === undefined ? ["--repair: expected the report to repair from"] : []),
    ...(known === undefined ? [`--direction: expected ${directions.join(" or ")}, got ${quoted(direction)}`] : []),
    ...(onRefusal === undefined ? [`--on-refusal: expected ${refusalModes.join(" or ")}, got ${quoted(mode)}`] : []),
    ...faultsOfDigest(digest),
    ...foreignTo(flags),
  ];
  if (file !== undefined && known !== undefined && onRefusal !== undefined && faults.length === 0) {
    return { file, direction: known, deletesExtra: deleteExtra, onRefusal, digest };
  }
  throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `verify: ${faults.join("; ")}` });
}

function faultsOfDigest(digest: string | null): string[] {
  const isDigest = digest === null || /^[0-9a-f]{64}$/.test(digest);
  return isDigest ? [] : [`--digest: expected 64 hex digits, got ${quoted(digest)}`];
}

function quoted(text: string | undefined): string {
  return text === undefined ? "none" : JSON.stringify(text.slice(0, 40));
}

function foreignTo(flags: RepairFlags & VerifyFlags): string[] {
  const foreign = foreignFlags.filter((name) => flags[name] !== undefined);
  return [
    ...(flags.yes === true && flags.dryRun === true ? ["--dry-run: not with --yes"] : []),
    ...foreign.map((name) => `--${name === "serveReport" ? "serve-report" : name}: not with --repair`),
  ];
}

function verifyFlagsOf({ budget = defaultBudget, lag, terminationLog }: VerifyFlags): VerifyFlags {
  return {
    budget,
    ...(lag === undefined ? {} : { lag }),
    ...(terminationLog === undefined ? {} : { terminationLog }),
  };
}

function endDryRun(plan: RepairPlan, left: readonly Left[], { print }: CommandDeps): 0 | 1 {
  const lines = [...printLeft(left), "dry run: nothing was written; --yes writes", repairLine(plan, left, null)];
  print(`${lines.join("\n")}\n`);
  return plan.writes.length + plan.removals.length + plan.kept.length === 0 ? 0 : 1;
}

function end(plan: RepairPlan, result: RepairResult, { print }: CommandDeps): 0 | 1 {
  print(`${printResult(result)}\n${repairLine(plan, result.left, result)}\n`);
  const isDone = result.remaining.length === 0 && result.left.every(({ reason }) => reason === undefined);
  return isDone ? 0 : 1;
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
