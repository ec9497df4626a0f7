// Compares the stores after a copy and repairs what differs, until they are equal or a repair changes nothing: what was
// written, changed or removed meanwhile, and what only a comparison of all content finds.
import type { Difference, VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { Left } from "#repair/decide.ts";
import { planRepair, type RepairPlan } from "#repair/plan.ts";
import { type RepairOptions, type RepairResult, repair } from "#repair/repair.ts";
import type { RepairDeps } from "#repair/repair-run.ts";

export type Settled = {
  readonly report: VerifyReport;
  readonly rounds: number;
  /** Of all repairs. */
  readonly written: number;
  readonly removed: number;
  /** Chunks that the last repair left as they are. */
  readonly left: readonly Left[];
};
type SettleDeps = {
  readonly compare: () => Promise<VerifyReport>;
  readonly repairDeps: RepairDeps;
  readonly onRepaired: (result: RepairResult) => void;
};

/** A store that is written to as fast as it is repaired differs for ever. */
const mostRounds = 4;

/** Rejects with a RetrieverError of a repair, and at the signal; what a comparison meets is in its report. */
export async function settle(
  options: MendOptions,
  { compare, repairDeps, onRepaired }: SettleDeps,
  signal: AbortSignal,
): Promise<Settled> {
  let [written, removed, left]: [number, number, readonly Left[]] = [0, 0, []];
  for (let rounds = 1; ; rounds += 1) {
    const report = await compare();
    const settled = { report, rounds, written, removed, left };
    if (report.outcome !== "drift" || rounds === mostRounds) return settled;
    const result = await mend(report, options, repairDeps, signal);
    if (result === null) return settled;
    onRepaired(result);
    written += result.written;
    removed += result.removed;
    left = result.left;
    const hasMended = result.remaining.length < report.differences.length;
    if (result.written + result.removed === 0 || !hasMended) return { ...settled, written, removed, left };
  }
}

type MendOptions = RepairOptions & {
  /** Whether what only the destination has goes: all of it, none, or what this says of each. */
  readonly deletesExtra: boolean | ((difference: Difference) => boolean);
};

/** Repairs from source to destination what a comparison found; null: there is nothing to do. */
export async function mend(
  report: VerifyReport,
  options: MendOptions,
  deps: RepairDeps,
  signal: AbortSignal,
): Promise<RepairResult | null> {
  const { source, destination } = deps.stores;
  const stores = { source: source.identity, destination: destination.identity };
  // An empty source is more often the wrong one than one whose chunks were all removed.
  const deletesExtra = options.deletesExtra !== false && report.source.read > 0;
  const whole = planRepair(report, stores, { direction: "source-to-destination", deletesExtra });
  const plan = typeof options.deletesExtra === "function" ? removeOnly(whole, options.deletesExtra) : whole;
  return plan.writes.length + plan.removals.length === 0 ? null : repair(plan, options, deps, signal);
}

function removeOnly(plan: RepairPlan, goes: (difference: Difference) => boolean): RepairPlan {
  const { true: removals = [], false: kept = [] } = Object.groupBy(plan.removals, (each) => `${goes(each)}` as const);
  return { ...plan, removals, kept: [...plan.kept, ...kept] };
}
