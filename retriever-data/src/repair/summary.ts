// What a repair did with every report it was given, in the short form for a Job's termination message.
import {
  digestOfReports,
  type RepairSummary,
  repairSummarySchema,
} from "@retriever/sidecar/contract/repair-summary.ts";
import type { VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import type { RepairPlan } from "./plan.ts";
import type { RepairResult } from "./repair.ts";

export type Repaired = {
  readonly report: VerifyReport;
  readonly plan: RepairPlan;
  readonly result: RepairResult;
};

/** Some 400 bytes: counts and digests. */
export function summarizeRepair(repaired: readonly [Repaired, ...Repaired[]]): RepairSummary {
  const [{ plan, report }] = repaired;
  const sum = (of: (one: Repaired) => number): number => repaired.reduce((all, one) => all + of(one), 0);
  return repairSummarySchema.parse({
    schema: 1,
    digest: digestOfReports(repaired.map((one) => one.report.digest)),
    source: report.source.identity.digest,
    destination: report.destination.identity.digest,
    to: plan.to.name,
    named: sum(({ plan: { writes, removals } }) => writes.length + removals.length),
    written: sum(({ result }) => result.written),
    removed: sum(({ result }) => result.removed),
    open: sum(({ result }) => result.open.length),
  });
}
