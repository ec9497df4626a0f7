// The runbook with a demo's durations: what a user would apply, nothing that the operator knows otherwise.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { namespace } from "#support/world/application-manifests.ts";

type MigrationInput = {
  readonly name: string;
  readonly target: string;
  readonly destination: MigrationSpecInput["destination"];
  /** Watched time the guard asks for. */
  readonly guardDuration: string;
  /** Later than this after the cutover a rollback compares the stores; 15m when absent. */
  readonly verifyDriftAfter?: string | undefined;
  /** Whether the destination is filled and kept equal from the source. */
  readonly copies?: boolean | undefined;
  /** Slower by this than the source is harm; absent: no time is. */
  readonly latencyLimitMs?: number | undefined;
};

/** The longest that the API takes: no answer is later. */
const longest = 60_000;

/** Whose approval lets a copy write. */
export const writesRole = "sre";

/** A busy machine loses an answer now and then; the story about errors has nothing but errors. */
const fewErrors = 0.1;

/** The runbook with a demo's durations: 27 h become seconds by the manifest alone. */
export function migrationManifest(input: MigrationInput): object {
  const spec: MigrationSpecInput = {
    target: { kind: "Deployment", name: input.target },
    destination: input.destination,
    // Nobody writes during the demo, so the source can't fall behind; but where a late rollback is to be shown.
    writes: input.verifyDriftAfter === undefined ? "SourceOnly" : "DestinationAfterCutover",
    checklist: {
      // A corpus of this size is compared within a second or two.
      parity: {
        level: "payload",
        recheck: "15s",
        timeout: "3m",
        // What writers remove stays until the next verification of the sync has ended.
        ...(input.copies === true ? { tolerance: { extra: 50 } } : {}),
      },
      // Nothing is written before somebody approved the plan.
      approvals: input.copies === true ? { roles: [{ name: writesRole }] } : { policy: "Skip" },
      window: { policy: "Skip" },
      staging: { policy: "Skip" },
      smokeTests: { policy: "Skip" },
    },
    ...(input.copies === true ? { data: { copy: "IfIncomplete", sync: "Continuous", maxLag: "30s" } } : {}),
    stages: [
      // A gate needs about a hundred samples to pass a perfect destination, and twice as many after a few slow ones.
      { sampleRate: 0.4, minDuration: "6s", minSamples: 60 },
      { sampleRate: 0.8, minDuration: "6s", minSamples: 80 },
    ],
    // A dozen sidecars, two stores and a cluster share this machine's cores: 80 ms would judge its scheduler, and before
    // the cutover any limit would.
    thresholds: {
      latencyDelta: { limitMs: longest },
      livePrimary: { maxP95IncreaseMs: input.latencyLimitMs ?? longest, maxErrorIncrease: fewErrors },
      shadowErrors: { maxBadShare: fewErrors },
    },
    gates: { window: "1s", minDwell: "3s" },
    cutover: { ackTimeout: "2m", validationTimeout: "2m" },
    guard: { duration: input.guardDuration, deadline: "10m", minSamples: 40 },
    rollback: {
      window: "8s",
      sustainedFor: "4s",
      severeFor: "4s",
      ...(input.verifyDriftAfter === undefined ? {} : { verifyDriftAfter: input.verifyDriftAfter }),
    },
  };
  return {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "RetrieverMigration",
    metadata: { name: input.name, namespace },
    spec,
  };
}
