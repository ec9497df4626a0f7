// A plan and a result as people read them, and as one line for programs. Pure.
import type { Difference, VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import { countKinds, type RepairPlan } from "./plan.ts";
import type { LeftReason, RepairResult } from "./repair.ts";

const firstIds = 5;

/** Several lines; both stores by their labels. */
export function printPlan(plan: RepairPlan, report: VerifyReport, cautions: readonly string[]): string {
  const { from, to, writes, removals, kept } = plan;
  const width = Math.max(from.name.length, to.name.length);
  return [
    `repair from the report of ${report.finishedAt}, digest ${report.digest.slice(0, 12)}…`,
    `  from    ${from.name.padEnd(width)}  ${from.identity.label}`,
    `  to      ${to.name.padEnd(width)}  ${to.identity.label}`,
    `  write   ${describe(writes)}`,
    removals.length === 0
      ? `  remove  nothing${kept.length === 0 ? "" : `: ${describe(kept)} that only the ${to.name} has stay (--delete-extra removes them)`}`
      : `  remove  ${describe(removals)}`,
    ...[...scopeCautions(report), ...cautions].map((caution) => `  mind    ${caution}`),
  ].join("\n");
}

function describe(differences: readonly Difference[]): string {
  if (differences.length === 0) return "nothing";
  const kinds = Object.entries(countKinds(differences)).map(([kind, count]) => `${count} ${kind}`);
  return `${kinds.join(", ")}: ${listIds(differences.map(({ id }) => id))}`;
}

function listIds(ids: readonly string[]): string {
  const more = ids.length - firstIds;
  return `${ids.slice(0, firstIds).map(quoteOdd).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** An id may hold any text: control characters and spaces aren't printed bare. */
function quoteOdd(id: string): string {
  return /^[\w.:/@+=~-]{1,120}$/.test(id) ? id : JSON.stringify(id.slice(0, 120));
}

function scopeCautions({ scope }: VerifyReport): string[] {
  const { partition, sample, since, level } = scope;
  return [
    ...(partition.count === 1 ? [] : [`the report covers partition ${partition.index} of ${partition.count}`]),
    ...(sample === 1 ? [] : [`the report covers a sample of the ids (${sample}): what it doesn't name stays as it is`]),
    ...(since === null ? [] : [`the report covers what was written since ${since}`]),
    ...(level === "vector" ? [] : [`at level ${level} the report compares less than a whole chunk`]),
  ];
}

const reasons: Readonly<Record<LeftReason, string>> = {
  newer: "newer where it would have been overwritten",
  gone: "gone since the report",
  changed: "changed since the report, not removed",
  wanted: "in both stores by now, not removed",
};

/** Several lines: what was done, what was left and why, what still differs. */
export function printResult({ written, removed, left, remaining, lagging }: RepairResult): string {
  const byReason = Object.entries(reasons).flatMap(([why, text]) => {
    const ids = left.filter((each) => each.why === why).map(({ id }) => id);
    return ids.length === 0 ? [] : [`  left    ${ids.length} ${text}: ${listIds(ids)}`];
  });
  const kinds = Object.entries(countKinds(remaining)).map(([kind, count]) => `${count} ${kind}`);
  return [
    `  done    ${written} written, ${removed} removed`,
    ...byReason,
    remaining.length === 0
      ? `  equal   every chunk that the report names is the same in both stores${lagging === 0 ? "" : `, ${lagging} written just now aside`}`
      : `  differ  ${kinds.join(", ")}: ${listIds(remaining.map(({ id }) => id))}`,
  ].join("\n");
}

/** One line; `result` is null for a dry run. */
export function repairLine(plan: RepairPlan, result: RepairResult | null): string {
  const planned = { write: countKinds(plan.writes), remove: plan.removals.length, keep: plan.kept.length };
  const done = result && {
    written: result.written,
    removed: result.removed,
    left: Object.fromEntries(
      Object.keys(reasons).map((why) => [why, result.left.filter((each) => each.why === why).length]),
    ),
    remaining: countKinds(result.remaining),
    lagging: result.lagging,
  };
  const stores = { from: plan.from.identity.label, to: plan.to.identity.label };
  return JSON.stringify({ repair: { ...stores, dryRun: result === null, planned, done } });
}
