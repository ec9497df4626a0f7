// Specs from the runbook's defaults, with the checks that aren't built yet skipped openly.

import { parseMigrationSpec } from "@retriever/crds/parse.ts";
import type { MigrationSpec, MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { searchSpec } from "./search-app.ts";

const skip = { policy: "Skip" } as const;
export const onlyReachable = {
  reachable: { policy: "Require" } as const,
  parity: skip,
  alerts: skip,
  approvals: skip,
  window: skip,
  staging: skip,
  smokeTests: skip,
};

/** A spec that parses; `more` replaces whole fields. Throws with every fault when it doesn't. */
export function aSpec(more: Partial<MigrationSpecInput> = {}): MigrationSpec {
  const parsed = parseMigrationSpec({ ...searchSpec, checklist: onlyReachable, ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.spec;
}

/** Minutes instead of hours, in the same proportions. */
export const shortPlan: Partial<MigrationSpecInput> = {
  stages: [
    { sampleRate: 0.1, minDuration: "2m", minSamples: 100 },
    { sampleRate: 0.5, minDuration: "1m", minSamples: 100 },
  ],
  gates: { window: "10s", minDwell: "30s" },
  rollback: { window: "1m", sustainedFor: "30s" },
  guard: { duration: "5m", deadline: "15m", minSamples: 50 },
  cutover: { hold: false },
};
