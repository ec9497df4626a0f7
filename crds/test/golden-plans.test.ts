// Hashes as the first release computed them: what was approved and validated then counts after every upgrade.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { schemaFields } from "#reference/schema-fields.ts";
import { migrationSpecSchema } from "#spec/migration-spec.ts";
import { addedFields, asFirstRelease, canonicalSpec, planHash, validationHash } from "#spec/plan.ts";

/** Every field of the first release, by the field of the spec it stands in. Nothing is ever added here. */
const firstRelease = `
target: kind name
destination: kind host port database user.fromEnv user.fromFile password.fromEnv password.fromFile schema table embeddingColumn metadataColumns namespaceField distance timeoutMs poolSize preparedStatements indexSettings.hnswEfSearch indexSettings.ivfflatProbes tls.caFile url collection consistency vectorName apiKey.fromEnv apiKey.fromFile
mode:
validate: duration
writes:
requestedBy:
checklist: reachable.policy parity.policy parity.level parity.tolerance.missing parity.tolerance.extra parity.tolerance.stale parity.tolerance.payload parity.tolerance.vector parity.maxAge parity.recheck parity.timeout alerts.policy approvals.policy approvals.roles approvals.roles[].name approvals.roles[].quorum approvals.expiry approvals.fourEyes window.policy window.timeZone window.days window.start window.end staging.policy staging.from staging.result smokeTests.policy smokeTests.cronJobs smokeTests.timeout
stages:
stages[]: sampleRate minDuration minSamples deadline untilPeak.timeZone untilPeak.from untilPeak.to
thresholds: scoreDelta.limit scoreDelta.maxBadShare scoreDelta.beforeCutover scoreDelta.afterCutover latencyDelta.limitMs latencyDelta.maxBadShare latencyDelta.beforeCutover latencyDelta.afterCutover mismatch.maxIncrease mismatch.ceiling mismatch.beforeCutover mismatch.afterCutover overlap.floor overlap.beforeCutover shadowErrors.maxBadShare shadowErrors.beforeCutover shadowErrors.afterCutover livePrimary.maxErrorIncrease livePrimary.maxEmptyIncrease livePrimary.maxP95IncreaseMs livePrimary.afterCutover
gates: window minDwell
cutover: hold freezeDeploys shadowSampleRate ackTimeout validationTimeout
guard: duration deadline minSamples onPassed next
rollback: automatic alert window sustainedFor verifyDriftAfter maxSourceStaleness integrity
deletionPolicy:
communications: sinks postmortemDue
metrics: source`
  .trim()
  .split("\n")
  .flatMap((line) => {
    const [object = "", names = ""] = line.split(/: ?/);
    return names === "" ? [`spec.${object}`] : names.split(" ").map((name) => `spec.${object}.${name}`);
  });

const skipAll = "parity: {policy: Skip}, window: {policy: Skip}, smokeTests: {policy: Skip}";
const target = "target: {name: search-api}";
const qdrant =
  "kind: qdrant, url: 'https://qdrant.search.svc:6333', collection: chunks, apiKey: {fromEnv: RETRIEVER_CRED_QDRANT}";

/** Manifests of the first release, with the fields that it had. */
const manifests = {
  default: `{${target}, destination: {${qdrant}}, checklist: {${skipAll}, approvals: {policy: Skip}, staging: {policy: Skip}}}`,
  full: `
target: {kind: Deployment, name: search-api}
destination: {${qdrant}, timeoutMs: 5000, consistency: eventual, namespaceField: namespace, vectorName: text, tls: {caFile: /etc/retriever/ca/qdrant.pem}}
mode: Migrate
validate: {duration: 24h}
writes: Both
requestedBy: user-a
checklist:
  reachable: {policy: Require}
  parity: {policy: Skip, level: fresh, tolerance: {missing: 0, extra: 0, stale: 0, payload: 0, vector: 0}, maxAge: 24h, recheck: 15m, timeout: 2h}
  alerts: {policy: Require}
  approvals: {policy: Skip, roles: [{name: product-owner, quorum: 1}, {name: sre-on-call, quorum: 1}], expiry: 72h, fourEyes: false}
  window: {policy: Skip, timeZone: UTC, days: [Mon, Tue, Wed, Thu], start: "09:00", end: "16:00"}
  staging: {policy: Skip}
  smokeTests: {policy: Skip, cronJobs: [], timeout: 15m}
stages:
  - {sampleRate: 0.02, minDuration: 2h, minSamples: 1000, deadline: 24h}
  - {sampleRate: 0.05, minDuration: 45m, minSamples: 1000, deadline: 24h}
  - {sampleRate: 0.1, minDuration: 45m, minSamples: 1000, deadline: 24h}
thresholds:
  scoreDelta: {limit: 0.2, maxBadShare: 0.05, beforeCutover: StepDown, afterCutover: Rollback}
  latencyDelta: {limitMs: 80, maxBadShare: 0.05, beforeCutover: StepDown, afterCutover: Rollback}
  mismatch: {maxIncrease: 0.05, ceiling: 0.2, beforeCutover: StepDown, afterCutover: Rollback}
  overlap: {floor: 0.6, beforeCutover: StepDown}
  shadowErrors: {maxBadShare: 0.001, beforeCutover: StepDown}
  livePrimary: {maxErrorIncrease: 0.01, maxEmptyIncrease: 0.05, maxP95IncreaseMs: 80, afterCutover: Rollback}
gates: {window: 30s, minDwell: 10m}
cutover: {hold: true, freezeDeploys: true, ackTimeout: 60s, validationTimeout: 5m}
guard: {duration: 24h, deadline: 72h, minSamples: 1000, onPassed: DisableDualRead}
rollback: {automatic: true, alert: RETR_DUAL_VARIANCE_HIGH, window: 5m, sustainedFor: 5m, verifyDriftAfter: 15m, maxSourceStaleness: 15m, integrity: Verify}
deletionPolicy: Rollback
communications: {sinks: [], postmortemDue: 48h}
metrics: {source: Sidecars}`,
  pgvector: `
${target}
destination:
  kind: pgvector
  host: pg.search.svc
  port: 5432
  database: search
  user: {fromEnv: RETRIEVER_CRED_PG_USER}
  password: {fromFile: /etc/retriever/credentials/pg-password}
  schema: public
  table: vector_chunks
  embeddingColumn: embedding
  metadataColumns: [language]
  namespaceField: namespace
  distance: cosine
  timeoutMs: 5000
  poolSize: 10
  preparedStatements: true
  indexSettings: {hnswEfSearch: 100, ivfflatProbes: 10}
  tls: {caFile: /etc/retriever/ca/pg.pem}
checklist: {${skipAll}, approvals: {policy: Skip}, staging: {policy: Skip, from: docs-to-pgvector-staging}}
stages:
  - {sampleRate: 0.02, minDuration: 2h, untilPeak: {timeZone: Asia/Tokyo, from: "09:00", to: "11:00"}}
  - {sampleRate: 0.1}
guard: {onPassed: RepointShadow, next: docs-to-qdrant-again}`,
} as const;

function specOf(name: keyof typeof manifests, more: Readonly<Record<string, unknown>> = {}) {
  return migrationSpecSchema.parse({ ...(parse(manifests[name]) as object), ...more });
}

describe("a manifest of the first release", () => {
  it.each([
    ["default", {}, "5b0251106eee242d", "4daa6d3225da0706"],
    ["default", { mode: "Validate" }, "ce9fd757e89005bf", "4daa6d3225da0706"],
    ["full", {}, "9196756f84a809f7", "3f9f0bdf955c5333"],
    ["pgvector", {}, "3d6d9c182e81e3cc", "30f0fc1172ec2378"],
  ] as const)("(%s, %j) has the hashes that it had", (name, more, plan, validation) => {
    const spec = specOf(name, more);
    expect([planHash(spec), validationHash(spec)]).toEqual([plan, validation]);
  });

  it("has the hashes that it had as an accepted plan with its own rate, whatever the new fields are read as", () => {
    const upgraded = { ...specOf("default"), recall: { ...specOf("default").recall, mode: "Off" as const } };
    const plan = asFirstRelease(upgraded, 0.1);
    expect([planHash(plan), validationHash(plan)]).toEqual(["e28c9afe0128d3d6", "a78b9bddff5b8dd6"]);
  });
});

describe("a field that came later", () => {
  const fields = schemaFields(migrationSpecSchema, "spec");
  const declared = Object.entries(addedFields).flatMap(([path, neutral]) =>
    typeof neutral === "object" && neutral !== null && !Array.isArray(neutral)
      ? Object.entries(neutral).map(([name, value]) => [`${path}.${name}`, value] as const)
      : [[path, neutral] as const],
  );

  it("is declared in plan.ts with its neutral default, which is the schema's", () => {
    const added = fields.filter(({ path }) => !firstRelease.includes(path));
    expect(new Set(added.map((field) => field.path))).toEqual(new Set(declared.map(([path]) => path)));
    expect(Object.fromEntries(added.map((field) => [field.path, field.default]))).toEqual(Object.fromEntries(declared));
  });

  it("takes nothing of the first release's away but the rate after the cutover and what nothing acted on", () => {
    const there = new Set(fields.map(({ path }) => path));
    expect(firstRelease.filter((path) => !there.has(path))).toEqual([
      "spec.thresholds.shadowErrors.afterCutover",
      "spec.cutover.shadowSampleRate",
    ]);
  });

  it("is no part of the hash at its neutral default, written out or not, and changes it at any other value", () => {
    const { guard, rollback, recall, slices, ...rest } = specOf("default");
    const values = fc.record({
      maxDetectionTime: fc.constantFrom("15m", "30m"),
      minRate: fc.constantFrom(0.05, 0.1),
      mode: fc.constantFrom("Adaptive" as const, "Fixed" as const),
      severeFor: fc.constantFrom("15s", "30s"),
      maxLoss: fc.constantFrom(0.02, 0.05),
      afterCutover: fc.constantFrom("Hold" as const, "Rollback" as const),
    });
    fc.assert(
      fc.property(values, ({ maxDetectionTime, minRate, mode, severeFor, maxLoss, afterCutover }) => {
        const spec = {
          ...rest,
          guard: { ...guard, maxDetectionTime, sampling: { ...guard.sampling, minRate, mode } },
          rollback: { ...rollback, severeFor },
          recall: { ...recall, maxLoss },
          slices: { ...slices, afterCutover },
        };
        const isNeutral = JSON.stringify(spec) === JSON.stringify({ ...rest, guard, rollback, recall, slices });
        expect(planHash(spec) === "5b0251106eee242d").toBe(isNeutral);
        expect(validationHash(spec) === "4daa6d3225da0706").toBe(isNeutral);
      }),
    );
  });

  it("is compared in a plan of the first release only where the other one says something of it", () => {
    const spec = specOf("default");
    const accepted = asFirstRelease({ ...spec, slices: { afterCutover: "Observe" } }, 0.05);
    expect(canonicalSpec(accepted)).toEqual(canonicalSpec(spec));
    const edited = { ...spec, slices: { afterCutover: "Observe" as const } };
    expect(canonicalSpec(edited)).not.toEqual(canonicalSpec(accepted));
  });
});
