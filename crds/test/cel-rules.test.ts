import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printDuration } from "#fields/duration.ts";
import { migrationActKind, migrationKind } from "#manifest/kinds.ts";
import { rootSchema } from "#manifest/to-crd.ts";
import { migrationSpecSchema } from "#spec/migration-spec.ts";
import { specRules } from "#spec/spec-rules.ts";
import { phases } from "#status/migration-status.ts";
import { finalPhases, isFinalPhase, isLegalStep, legalSteps } from "#status/phase-steps.ts";
import { violations, withDefaults } from "#test/admission.ts";
import { aCondition, pgvectorDestination, rollbackStatus, twoFieldSpec } from "#test/builders.ts";

const schema = rootSchema(migrationKind);

type Patch = Readonly<Record<string, unknown>>;

function aMigration(spec: Patch = {}, status: Patch = {}): unknown {
  return withDefaults(schema, { spec: { ...twoFieldSpec, ...spec }, status });
}

function created(spec: Patch): string[] {
  return violations(schema, aMigration(spec));
}

function statusUpdated(from: Patch, to: Patch): string[] {
  return violations(schema, aMigration({}, to), aMigration({}, from));
}

describe("rules of the spec", () => {
  it.each([
    ["stages that fall", { stages: [{ sampleRate: 0.5 }, { sampleRate: 0.1 }] }, "rise strictly"],
    ["stages that stay", { stages: [{ sampleRate: 0.1 }, { sampleRate: 0.1 }] }, "rise strictly"],
    ["a gate window beyond the sidecars' memory", { gates: { window: "16m" } }, "from 1s to 15m"],
    ["a guard that calls blindness sight", { guard: { maxDetectionTime: "59s" } }, "of at least 1m"],
    ["a greatest rate below the least", { guard: { sampling: { minRate: 0.5, maxRate: 0.4 } } }, "isn't below minRate"],
    ["a total failure of half a second", { rollback: { severeFor: "500ms" } }, "severeFor from 1s to 15m"],
    ["a total failure beyond the sidecars' memory", { rollback: { severeFor: "16m" } }, "severeFor from 1s to 15m"],
    ["a rollback window of nothing", { rollback: { window: "0s" } }, "from 1s to 15m"],
    ["no time to acknowledge", { cutover: { ackTimeout: "500ms" } }, "at least 1s"],
    ["a guard of nothing", { guard: { duration: "0s" } }, "never completed unwatched"],
    ["a deadline before the guard's end", { guard: { duration: "24h", deadline: "23h" } }, "isn't shorter"],
    ["a shadow repointed to nobody", { guard: { onPassed: "RepointShadow" } }, "exactly when"],
    [
      "a role that comes twice",
      { checklist: { approvals: { roles: [{ name: "sre" }, { name: "sre", quorum: 2 }] } } },
      "every role once",
    ],
    ["four eyes of whom", { checklist: { approvals: { fourEyes: true } } }, "the requesting user"],
    [
      "a copy that nobody agrees to",
      { data: { copy: "IfIncomplete" }, checklist: { approvals: { policy: "Skip" } } },
      "expected copy and sync Never",
    ],
    [
      "a sync that nobody agrees to",
      { data: { sync: "Continuous" }, checklist: { approvals: { policy: "Skip" } } },
      "expected copy and sync Never",
    ],
    ["a lag of nothing", { data: { maxLag: "0s" } }, "maxLag and verifyEvery of at least 1s"],
    ["a copy as a smoke test", { checklist: { smokeTests: { cronJobs: ["a-retriever-copy"] } } }, "is no smoke test"],
    [
      "a repair as a smoke test",
      { checklist: { smokeTests: { cronJobs: ["a-retriever-repair"] } } },
      "is no smoke test",
    ],
    ["a window that never opens", { checklist: { window: { start: "09:00", end: "09:00" } } }, "never opens"],
    [
      "a peak that never comes",
      { stages: [{ sampleRate: 1, untilPeak: { timeZone: "UTC", from: "09:00", to: "09:00" } }] },
      "never comes",
    ],
    [
      "two proofs of staging",
      { checklist: { staging: { from: "a", result: "0123456789abcdef-0123456789abcdef" } } },
      "not both",
    ],
    ["a next migration nobody starts", { guard: { next: "other" } }, "exactly when"],
  ])("refuse %s", (_name, spec, message) => {
    expect(created(spec)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ["the two fields", {}],
    ["one stage", { stages: [{ sampleRate: 1 }] }],
    ["twenty rising stages", { stages: Array.from({ length: 20 }, (_, i) => ({ sampleRate: (i + 1) / 20 })) }],
    ["four eyes of somebody", { requestedBy: "user-a", checklist: { approvals: { fourEyes: true } } }],
    ["a copy that is agreed to", { data: { copy: "IfIncomplete" }, checklist: { approvals: {} } }],
    ["the edges of the windows", { gates: { window: "1s" }, rollback: { window: "15m" } }],
    ["a deadline at the guard's end", { guard: { duration: "1h30m", deadline: "90m" } }],
    ["the shortest detection and one rate", { guard: { maxDetectionTime: "1m", sampling: { minRate: 1 } } }],
    ["the edges of a total failure", { rollback: { severeFor: "15m" } }],
    ["a repointed shadow", { guard: { onPassed: "RepointShadow", next: "other" } }],
  ])("accept %s", (_name, spec) => {
    expect(created(spec)).toEqual([]);
  });

  it("say the same as CEL and as code", () => {
    const duration = fc.nat({ max: 200_000 }).map(printDuration);
    const role = fc.record({ name: fc.constantFrom("a", "b", "c"), quorum: fc.integer({ min: 1, max: 10 }) });
    const anySpec = fc.record({
      requestedBy: fc.constantFrom(undefined, "user-a"),
      data: fc.record({ copy: fc.constantFrom("Never", "IfIncomplete") }),
      checklist: fc.record({
        approvals: fc.record({
          policy: fc.constantFrom(undefined, "Require", "Skip"),
          roles: fc.array(role, { minLength: 1, maxLength: 3 }),
          fourEyes: fc.boolean(),
        }),
      }),
      stages: fc.array(fc.record({ sampleRate: fc.constantFrom(0.01, 0.02, 0.5, 1) }), { minLength: 1, maxLength: 5 }),
      gates: fc.record({ window: duration }),
      rollback: fc.record({ window: duration, severeFor: duration }),
      cutover: fc.record({ ackTimeout: duration, validationTimeout: duration }),
      guard: fc.record({
        duration,
        deadline: duration,
        maxDetectionTime: fc.nat({ max: 120 }).map(printDuration),
        sampling: fc.record({ minRate: fc.constantFrom(0, 0.1, 1), maxRate: fc.constantFrom(0.05, 0.1, 1) }),
        onPassed: fc.constantFrom("KeepShadow", "RepointShadow"),
        next: fc.constantFrom(undefined, "other"),
      }),
    });
    fc.assert(
      fc.property(anySpec, (part) => {
        const spec = migrationSpecSchema.parse({ ...twoFieldSpec, ...part });
        const broken = specRules.filter(({ holds }) => !holds(spec)).map(({ message }) => message);
        expect(created(part).toSorted()).toEqual(broken.toSorted());
      }),
      { numRuns: 200 },
    );
  });
});

describe("rules of the destination", () => {
  it.each([
    ["Qdrant without a collection", { kind: "qdrant", url: "http://q:6333" }, "kind qdrant needs url, collection"],
    ["Qdrant with a host", { ...twoFieldSpec.destination, host: "q" }, "kind qdrant takes no host"],
    [
      "pgvector without a user",
      { ...pgvectorDestination, user: undefined },
      "kind pgvector needs host, database, user",
    ],
    ["pgvector with a collection", { ...pgvectorDestination, collection: "c" }, "kind pgvector takes no url"],
    [
      "a namespace column that is no name",
      { ...pgvectorDestination, namespaceField: "a.b" },
      "namespaceField to match",
    ],
    [
      "a credential from two places",
      {
        ...pgvectorDestination,
        user: { fromEnv: "RETRIEVER_CRED_A", fromFile: "/etc/retriever/credentials/a" },
      },
      "exactly one of fromEnv, fromFile",
    ],
    ["a credential from nowhere", { ...twoFieldSpec.destination, apiKey: {} }, "exactly one of fromEnv, fromFile"],
  ])("refuse %s", (_name, destination, message) => {
    expect(created({ destination })).toEqual([expect.stringContaining(message)]);
    expect(migrationSpecSchema.safeParse({ ...twoFieldSpec, destination }).success).toBe(false);
  });

  it.each([
    [{ layout: "langchain" }, {}, false],
    [{ layout: "langchain" }, { level: "payload" }, false],
    [{ layout: "langchain" }, { level: "ids" }, true],
    [{ layout: "supabase" }, { policy: "Skip" }, true],
    [{ layout: "llamaindex", fields: { updatedAt: "changed" } }, {}, true],
    [{ layout: "default" }, {}, true],
    [{ fields: { updatedAt: "$none" } }, {}, false],
    [{ fields: { id: "node" } }, {}, true],
  ])("%j with parity %j: only ids are compared of a store without moments", (own, parity, isTaken) => {
    const part = { destination: { ...twoFieldSpec.destination, ...own }, checklist: { parity } };
    const refusals = created(part);
    expect(refusals.map((message) => message.includes("parity.level ids"))).toEqual(isTaken ? [] : [true]);
    const parsed = migrationSpecSchema.parse({ ...twoFieldSpec, ...part });
    expect(specRules.filter(({ holds }) => !holds(parsed))).toHaveLength(isTaken ? 0 : 1);
  });

  it("accept a namespace key with a dot where the store knows such keys", () => {
    expect(created({ destination: { ...twoFieldSpec.destination, namespaceField: "a.b" } })).toEqual([]);
  });
});

describe("a migration that has started", () => {
  const started: readonly Patch[] = [{ epoch: 1 }, { planHash: "0123456789abcdef" }];

  it.each(started)("keeps its target and destination (%o)", (status) => {
    const before = aMigration({}, status);
    expect(violations(schema, aMigration({ target: { name: "other" } }, status), before)).toEqual([
      expect.stringContaining("spec.target"),
    ]);
    expect(violations(schema, aMigration({ destination: pgvectorDestination }, status), before)).toEqual([
      expect.stringContaining("spec.destination"),
    ]);
    expect(violations(schema, aMigration({ guard: { duration: "25h" } }, status), before)).toEqual([]);
  });

  it("could change both before it started", () => {
    const changed = aMigration({ target: { name: "other" }, destination: pgvectorDestination });
    expect(violations(schema, changed, aMigration())).toEqual([]);
  });

  it("can't lose its status", () => {
    const without = { spec: (aMigration() as { spec: unknown }).spec };
    expect(violations(schema, without, aMigration({}, { epoch: 3 }))).toEqual([
      expect.stringContaining("never vanishes"),
    ]);
    expect(violations(schema, withDefaults(schema, without), aMigration({}, { epoch: 3 }))).not.toEqual([]);
  });
});

describe("rules of the status", () => {
  it("refuse an epoch that falls and accept one that stays or rises", () => {
    expect(statusUpdated({ epoch: 3 }, { epoch: 2 })).toEqual(["the epoch never falls"]);
    expect(statusUpdated({ epoch: 3 }, { epoch: 3 })).toEqual([]);
    expect(statusUpdated({ epoch: 3 }, { epoch: 9 })).toEqual([]);
  });

  it("refuse to forget a rollback", () => {
    expect(statusUpdated({ rollback: rollbackStatus }, {})).toEqual([expect.stringContaining("latched")]);
    expect(statusUpdated({}, { rollback: rollbackStatus })).toEqual([]);
    expect(statusUpdated({ rollback: rollbackStatus }, { rollback: rollbackStatus })).toEqual([]);
  });

  it("refuse GuardPassed without CutOver", () => {
    const passed = aCondition("GuardPassed", "True");
    const both = [passed, aCondition("CutOver", "True")];
    expect(statusUpdated({}, { conditions: [passed] })).toEqual(["GuardPassed needs CutOver"]);
    expect(statusUpdated({}, { conditions: [passed, aCondition("CutOver", "False")] })).toHaveLength(1);
    expect(statusUpdated({}, { conditions: both })).toEqual([]);
    expect(statusUpdated({}, { conditions: [aCondition("GuardPassed", "False")] })).toEqual([]);
  });

  const pairs = phases.flatMap((from) => phases.map((to) => ({ from, to })));

  it.each(pairs)("judge the step from $from to $to as the table does", ({ from, to }) => {
    expect(statusUpdated({ phase: from }, { phase: to }).length === 0).toBe(isLegalStep(from, to));
  });

  it.each(phases.filter((phase) => !isFinalPhase(phase)))("let %s go to RollingBack", (from) => {
    expect(statusUpdated({ phase: from }, { phase: "RollingBack", rollback: rollbackStatus })).toEqual([]);
  });

  it("name the final phases as the table does", () => {
    expect(finalPhases).toEqual(["Completed", "RolledBack", "Validated"]);
    expect(Object.keys(legalSteps)).toHaveLength(phases.length);
  });
});

describe("rules of a MigrationAct", () => {
  const actSchema = rootSchema(migrationActKind);
  const anAct = (change: Patch): unknown => ({
    spec: { migration: { name: "a", uid: "u" }, act: "Promote", actor: "user-a", ...change },
  });

  it("refuse any change of it", () => {
    expect(violations(actSchema, anAct({ reason: "other" }), anAct({}))).toEqual([
      expect.stringContaining("can't be changed"),
    ]);
    expect(violations(actSchema, anAct({}), anAct({}))).toEqual([]);
  });

  it("refuse a waiver that doesn't name its check", () => {
    const reason = "compared by hand";
    expect(violations(actSchema, anAct({ act: "Waive", reason }))).toEqual([expect.stringContaining("expected check")]);
    expect(violations(actSchema, anAct({ act: "Waive", check: "parity", reason }))).toEqual([]);
  });

  it.each([{ act: "Waive", check: "parity" }, { act: "CompleteGuard" }, { act: "CompleteGuard", reason: "" }])(
    "refuse %o without a reason",
    (act) => {
      expect(violations(actSchema, anAct(act))).toEqual([expect.stringContaining("expected a reason")]);
      expect(violations(actSchema, anAct({ ...act, reason: "two requests a day" }))).toEqual([]);
    },
  );

  it.each([{ role: "sre" }, { planHash: "0123456789abcdef" }])("refuse an approval with only %o", (part) => {
    expect(violations(actSchema, anAct({ act: "Approve", ...part }))).toEqual([
      expect.stringContaining("expected role and planHash"),
    ]);
  });

  it("accept an approval in a role, for a plan", () => {
    expect(violations(actSchema, anAct({ act: "Approve", role: "sre", planHash: "0123456789abcdef" }))).toEqual([]);
  });
});
