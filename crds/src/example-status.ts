// A whole status with every field, as the pages show it and as the tests write it. Pure.
// It tells of a rollback that begins in the guard, since only then is every field there.

const at = "2030-01-01T12:00:00.000Z";

const counters = {
  requests: 5000,
  errors: 5,
  empty: 10,
  latencySumMs: 61_000,
  latencyBuckets: [0, 10, 185, 2000, 2500, 250, 30, 10, 5, 5, 0, 0, 0, 0, 0],
  answered: 248,
  shadowErrors: 1,
  shadowTimeouts: 1,
  shadowDropped: 0,
  scoreWorse: 12,
  latencyWorse: 2,
  mismatch: 40,
  ties: 3,
  lagging: 4,
  overlapSum: 210.4,
  scoreWorseSum: 9.5,
} as const;

const condition = (type: string, reason: string, message: string) => ({
  type,
  status: "True",
  reason,
  message,
  lastTransitionTime: at,
  observedGeneration: 1,
});

const progress = {
  observedGeneration: 1,
  phase: "RollingBack",
  message: "rolling back to pgvector: score lower by more than 0.2 in 12 % of 248 samples",
  conditions: [
    condition("CutOver", "CutOver", `since ${at}`),
    condition("RollbackReady", "SourceAnswers", "the source answers"),
  ],
  phaseStartedAt: at,
  planHash: "0123456789abcdef",
  plan: '{"mode":"Migrate"}',
  source: { kind: "pgvector", label: "pgvector pg.search.svc/search", digest: "0123456789abcdef0123456789abcdef" },
  destination: { kind: "qdrant", label: "qdrant qdrant.search.svc/chunks", digest: "fedcba9876543210fedcba9876543210" },
  epoch: 6,
  revision: { epoch: 6, primary: "source", shadow: "none", sampleRate: 0, released: false, at },
  stage: { index: 2, count: 3, sampleRate: 0.1, startedAt: at },
} as const;

const evidence = {
  gates: [
    {
      gate: "scoreDelta",
      verdict: "Fail",
      value: 0.12,
      interval: [0.08, 0.17],
      n: 248,
      limit: 0.05,
      windowSeconds: 300,
      message: "scoreDelta: 12 % of 248 samples are bad, over the limit of 5 %",
    },
  ],
  evidence: {
    epoch: 5,
    recordedAt: at,
    pods: [{ uid: "6f1d4c1e-0000-4000-8000-000000000001", startId: "a1b2c3", counters }],
    vanished: counters,
    vanishedPods: 1,
  },
  dispersion: {
    epoch: 5,
    openedAt: at,
    gates: [{ gate: "scoreDelta", openBad: 12, openN: 240, windows: 10, bad: 11, n: 236, squares: 1.5 }],
  },
  baseline: {
    requests: 40_000,
    errorShare: 0.001,
    emptyShare: 0.002,
    p95Ms: 24.5,
    mismatchShare: 0.15,
    mismatchSamples: 4000,
    requestsPerSecond: 14.8,
  },
} as const;

/** What the operator may have written. Valid by schema and rules. */
export const exampleStatus = {
  ...progress,
  ...evidence,
  acks: { pods: 3, matched: 1, lagging: ["search-api-7d9f-abcde"], lost: ["search-api-7d9f-fghij"] },
  guard: {
    startedAt: at,
    tickedAt: at,
    sight: "held",
    healthySeconds: 4200,
    idleSeconds: 60,
    blindSeconds: 30,
  },
  harm: { alertSince: at, causes: ["score lower by more than 0.2"], stepDowns: 1, heldSince: at, firingUntil: at },
  acts: {
    paused: false,
    seen: ["6f1d4c1e-0000-4000-8000-000000000002"],
    promotedBy: "user-a",
    retriedBy: "user-a",
    approvals: [{ role: "sre-on-call", actor: "user-b", at, until: "2030-01-04T12:00:00.000Z" }],
    waived: [{ check: "alerts", actor: "user-b", reason: "watched by hand", at }],
    latched: { act: "Rollback", actor: "user-b", reason: "answers look wrong", at },
  },
  rollback: {
    at,
    from: "Guard",
    reason: "RollbackRequested",
    causes: ["Rollback by user-b: answers look wrong"],
    actor: "user-b",
    baseline: "Confirmed",
  },
  verification: {
    equalSince: at,
    runs: [
      {
        purpose: "Rollback",
        number: 3,
        job: "docs-to-qdrant-verify-rollback-3-6f1d4c",
        since: at,
        askedAt: at,
        result: {
          outcome: "Compared",
          reason: "Drift",
          message: "2 differences: 2 extra; 3 more are within the lag",
          at,
          level: "fresh",
          counts: { missing: 0, extra: 2, stale: 0, payload: 0, vector: 0, lagging: 3 },
          read: { source: 48_000, destination: 48_002 },
          newestDifferenceAt: at,
          ids: ["doc-17#3", "doc-17#4"],
          report: "docs-to-qdrant-drift",
        },
      },
    ],
  },
  smokeTests: [
    {
      cronJob: "search-api-smoke",
      number: 1,
      job: "docs-to-qdrant-smoke-1-1-6f1d4c",
      askedAt: at,
      result: { passed: true, message: "the Job completed", at },
    },
  ],
  sourceBaseline: { requests: 4400, requestsPerSecond: 14.7, errorShare: 0.001, p50Ms: 11.2, p95Ms: 24.1, at },
  throughput: { requestsPerSecond: 14.9 },
  validation: { startedAt: at, result: "0123456789abcdef-fedcba9876543210" },
  outbox: [
    {
      key: "6f1d4c1e-0000-4000-8000-000000000000/5/Midpoint",
      kind: "Midpoint",
      text: "every pod serves from the destination",
      at,
      pending: ["engineering"],
      failed: ["incidents"],
      attempts: 2,
      nextAttemptAt: at,
      lastError: "engineering: HTTP 503",
    },
  ],
  postmortem: { at, actor: "user-b", act: "docs-to-qdrant-postmortem-x1" },
  skippedChecks: ["parity"],
  cutoverAt: at,
  completedAt: at,
  history: [{ at, phase: "Guard", epoch: 5, reason: "CutOver", message: "every pod serves from the destination" }],
} as const;
