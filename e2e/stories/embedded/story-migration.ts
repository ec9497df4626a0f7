// The migration of a story: the runbook with durations of about a second, and limits that a busy machine can't break.
// What a story is about, it sets itself.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { namespace } from "#support/world/application-manifests.ts";

export type StorySpec = Omit<MigrationSpecInput, "target" | "destination"> &
  Partial<Pick<MigrationSpecInput, "destination">>;

/** Times differ on a machine that runs many stories at once; only stories about times look at them. */
export const anyTime = {
  scoreDelta: { maxBadShare: 0.5 },
  latencyDelta: { limitMs: 60_000, maxBadShare: 0.5 },
  mismatch: { maxIncrease: 0.5, ceiling: 0.5 },
  shadowErrors: { maxBadShare: 0.5 },
  livePrimary: { maxP95IncreaseMs: 60_000 },
} as const;

const skip = { policy: "Skip" } as const;

/** A checklist that asks for nothing but a destination that can be reached. */
export const skipAll = {
  parity: skip,
  alerts: skip,
  approvals: skip,
  window: skip,
  staging: skip,
  smokeTests: skip,
} as const;

type StoryMigration = {
  readonly name: string;
  readonly target: string;
  readonly destination: MigrationSpecInput["destination"];
};

/** The manifest; members of `changes` replace those of the story's defaults whole. */
export function storyMigration({ name, target, destination }: StoryMigration, changes: StorySpec = {}): object {
  const spec: MigrationSpecInput = {
    target: { kind: "Deployment", name: target },
    destination,
    writes: "SourceOnly",
    checklist: skipAll,
    stages: [{ sampleRate: 1, minDuration: "1s", minSamples: 10 }],
    thresholds: anyTime,
    gates: { window: "1s", minDwell: "1s" },
    cutover: { hold: false, ackTimeout: "3m", validationTimeout: "3m" },
    guard: { duration: "1s", deadline: "10m", minSamples: 1 },
    // Long enough for 20 requests: with fewer a source that serves again would be waited for.
    rollback: { window: "4s", sustainedFor: "1s", severeFor: "5s" },
    ...changes,
  };
  return {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "RetrieverMigration",
    metadata: { name, namespace },
    spec,
  };
}

/** A guard that doesn't end by itself during a story. */
export const longGuard = { duration: "1h", deadline: "2h", minSamples: 1 } as const;
