// On which side of a limit a share surely is: what an alert of somebody else's is held against.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { trafficLines } from "../detection/lines.ts";
import { lowerBound, upperBound } from "../gates/confidence-sequence.ts";
import { isPastCutover } from "../model/status-readings.ts";
import type { PodObservation } from "../model/workload.ts";
import { sumWindow } from "../pods/epoch-evidence.ts";
import { spansOf } from "../time/evidence-spans.ts";
import type { OwnEvidence } from "./firing.ts";

/** Of being wrong on one side, each time that other samples are asked. */
const alpha = 0.05;

/** `bad` of `n` samples against a share of 0..1; without samples nothing is known. */
export function sideOfLimit(bad: number, n: number, limit: number): "below" | "unknown" | "above" {
  if (n <= 0) return "unknown";
  if (upperBound(bad, n, alpha) < limit) return "below";
  return lowerBound(bad, n, alpha) > limit ? "above" : "unknown";
}

type OwnInput = {
  readonly plan: MigrationSpec;
  readonly status: MigrationStatus;
  readonly serving: readonly PodObservation[];
  /** Epoch ms. */
  readonly now: number;
};

/** What the sidecars counted over `rollback.window` says of a line; unknown of harm that began within it. */
export function makeOwnEvidence({ plan, status, serving, now }: OwnInput): OwnEvidence {
  const span = spansOf(plan).alert;
  const facts = { plan, baseline: status.baseline, pastCutover: isPastCutover(status), differenceIsHarmless: false };
  return (line, since) => {
    const rule = trafficLines(facts).find((one) => one.line === line);
    if (rule === undefined || now - since < span.seconds * 1000) return "unknown";
    // Summed only when an alert fires: most reconciles have none.
    const { counters } = sumWindow(serving, status.epoch, span);
    if (counters === null) return "unknown";
    const { bad, n } = rule.count(counters);
    return sideOfLimit(bad, n, rule.limit);
  };
}
