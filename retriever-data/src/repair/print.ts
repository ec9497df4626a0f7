// A plan and a result as people read them, and as one line for programs. Pure.
import type { Difference, VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import { printable } from "@retriever/stores/values/printable.ts";
import { type Left, type LeftReason, leftReasons } from "./decide.ts";
import { countKinds, type RepairPlan, reportedVersion } from "./plan.ts";
import type { RepairResult } from "./repair.ts";

const firstIds = 5;
/** Chunks that are listed with their reasons; the line for programs has them all. */
const mostReasons = 100;

/** Several lines; both stores by their labels. */
export function printPlan(plan: RepairPlan, report: VerifyReport, cautions: readonly string[]): string {
  const { from, to, writes, removals, kept } = plan;
  const width = Math.max(from.name.length, to.name.length);
  return [
    `repair from the report of ${printable(report.finishedAt)}, digest ${report.digest.slice(0, 12)}…`,
    `  from    ${from.name.padEnd(width)}  ${printable(from.identity.label)}`,
    `  to      ${to.name.padEnd(width)}  ${printable(to.identity.label)}`,
    `  write   ${describe(writes)}`,
    removals.length === 0
      ? `  remove  nothing${kept.length === 0 ? "" : `: ${describe(kept)} that only the ${to.name} has stay (--delete-extra removes them)`}`
      : `  remove  ${describe(removals)}`,
    ...[...scopeCautions(report), ...versionCautions(plan), ...cautions].map((caution) => `  mind    ${caution}`),
  ].join("\n");
}

function describe(differences: readonly Difference[]): string {
  if (differences.length === 0) return "nothing";
  const kinds = Object.entries(countKinds(differences)).map(([kind, count]) => `${count} ${kind}`);
  return `${kinds.join(", ")}: ${listIds(differences.map(({ id }) => id))}`;
}

export function listIds(ids: readonly string[]): string {
  const more = ids.length - firstIds;
  return `${ids.slice(0, firstIds).map(quoteOdd).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** An id may hold any text: control characters and spaces aren't printed bare. */
function quoteOdd(id: string): string {
  return /^[\w.:/@+=~-]{1,120}$/.test(id) ? id : printable(JSON.stringify(id.slice(0, 120)));
}

function scopeCautions({ scope }: VerifyReport): string[] {
  const { partition, sample, since, level } = scope;
  return [
    ...(partition.count === 1 ? [] : [`the report covers partition ${partition.index} of ${partition.count}`]),
    ...(sample === 1 ? [] : [`the report covers a sample of the ids (${sample}): what it doesn't name stays as it is`]),
    ...(since === null ? [] : [`the report covers what was written since ${printable(since)}`]),
    ...(level === "vector" ? [] : [`at level ${level} the report compares less than a whole chunk`]),
  ];
}

/** Chunks that are held and that the report has no version of. */
function versionCautions(plan: RepairPlan): string[] {
  const held = [...plan.writes.filter(({ kind }) => kind !== "missing" && kind !== "extra"), ...plan.removals];
  const some = held.filter((difference) => reportedVersion(plan, difference) === undefined);
  if (some.length === 0) return [];
  return [
    `the report has no versions of ${some.length} chunks that the ${plan.to.name} holds: these are neither overwritten nor removed; verify again, with credentials that may read whole chunks`,
  ];
}

const reasons: Readonly<Record<LeftReason, string>> = {
  newer: "newer where it would have been overwritten",
  gone: "gone since the report",
  changed: "changed since the report, neither overwritten nor removed",
  wanted: "in both stores by now, not removed",
  unknown: "of which it can't be said whether the other store has them, not removed",
  refused: "refused",
};

/** Several lines on what is left as it is and why: each refused chunk, those of one reason together. */
export function printLeft(left: readonly Left[]): string[] {
  return leftReasons.flatMap((why) => {
    const some = left.filter((each) => each.why === why);
    if (some.length === 0) return [];
    const explained = some.filter(({ reason }) => reason !== undefined);
    const more = explained.length - mostReasons;
    const byReason = Map.groupBy(explained.slice(0, mostReasons), ({ reason = "" }) => reason);
    return [
      `  left    ${some.length} ${reasons[why]}: ${listIds(some.map(({ id }) => id))}`,
      ...Array.from(
        byReason,
        ([reason, each]) => `          ${each.map(({ id }) => quoteOdd(id)).join(", ")}: ${printable(reason)}`,
      ),
      ...(more > 0 ? [`          and ${more} more, see the last line`] : []),
    ];
  });
}

/** Several lines: what was done, what was left and why, what still differs. */
export function printResult({ written, removed, left, remaining, lagging }: RepairResult): string {
  const kinds = Object.entries(countKinds(remaining)).map(([kind, count]) => `${count} ${kind}`);
  return [
    `  done    ${written} written, ${removed} removed`,
    ...printLeft(left),
    remaining.length === 0
      ? `  equal   every chunk that the report names is the same in both stores${lagging === 0 ? "" : `, ${lagging} written just now aside`}`
      : `  differ  ${kinds.join(", ")}: ${listIds(remaining.map(({ id }) => id))}`,
  ].join("\n");
}

/** One line. A dry run has no result: what it would leave is part of what is planned. */
export function repairLine(plan: RepairPlan, left: readonly Left[], result: RepairResult | null): string {
  const counts = Object.fromEntries(leftReasons.map((why) => [why, left.filter((each) => each.why === why).length]));
  const explained = left.flatMap(({ id, reason }) => (reason === undefined ? [] : [{ id, reason }]));
  const notDone = { left: counts, refused: explained };
  const planned = { write: countKinds(plan.writes), remove: plan.removals.length, keep: plan.kept.length };
  const done = result && {
    written: result.written,
    removed: result.removed,
    ...notDone,
    remaining: countKinds(result.remaining),
    lagging: result.lagging,
  };
  const stores = { from: plan.from.identity.label, to: plan.to.identity.label };
  const all = { ...stores, dryRun: done === null, planned: done === null ? { ...planned, ...notDone } : planned, done };
  return JSON.stringify({ repair: all });
}
