import { parsePolicySpec } from "@retriever/crds/parse.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { ago, aReadyContext, asking, tell } from "#test/builders/context.ts";
import { aResult, aRun, someCounts, someJobs } from "#test/builders/verification.ts";
import { noon } from "#test/builders/world.ts";
import { decide } from "../decide.ts";
import type { Context } from "../model/context.ts";
import { preflight } from "../phases/preflight.ts";
import { askCopy, judgeCopy } from "./copy.ts";

const copier = { name: "search-api-retriever-copy", suspended: true, hasCopier: true };
const approvals = [{ role: "sre", actor: "ada", at: ago(600), until: ago(-600) }];
const missing = aRun({ result: aResult({ reason: "Drift", counts: someCounts({ missing: 3 }) }) });

/** Compared, and three chunks are missing; approved, and there is a CronJob to copy by. */
function incomplete(status: Partial<MigrationStatus> = {}): Context {
  const checklist = { parity: { recheck: "15m" }, approvals: { roles: [{ name: "sre" }] } };
  const c = aReadyContext(
    "Preflight",
    { ...asking(checklist), data: { copy: "IfIncomplete" } },
    { acts: { paused: false, seen: [], approvals }, verification: { runs: [missing] }, ...status },
  );
  const actIdentity = { ok: true as const, value: "proved" as const };
  return { ...c, observation: { ...c.observation, actIdentity, jobs: someJobs({ copier }) } };
}

const seeing = (c: Context, more: Partial<Context["observation"]>): Context => ({
  ...c,
  observation: { ...c.observation, ...more },
});
const judged = (c: Context) => `${judgeCopy(c)?.status}/${judgeCopy(c)?.reason}`;
const open = { number: 1, job: "docs-copy-1", planHash: incomplete().status.planHash, askedAt: ago(60) };

describe("a copy", () => {
  test("is asked for, of the plan that was approved", () => {
    const { status } = askCopy(incomplete());
    expect(status.copy).toMatchObject({ number: 1, planHash: status.planHash });
    expect(status.copy?.job).toMatch(/^docs-to-qdrant-copy-1-[0-9a-f]{6}$/);
  });

  test.each<[string, Context, string]>([
    ["nobody has approved", incomplete({ acts: { paused: false, seen: [] } }), "Unknown/CopyNotApproved"],
    [
      "nobody proves who approves",
      seeing(incomplete(), { actIdentity: { ok: true, value: "unproved" } }),
      "Unknown/CopyNotApproved",
    ],
    ["the Jobs can't be read", seeing(incomplete(), { jobs: { ok: false, why: "timed out" } }), "Unknown/NotObserved"],
    ["there is no CronJob", seeing(incomplete(), { jobs: someJobs({ copier: null }) }), "Unknown/NoCopyTemplate"],
    [
      "the CronJob runs by itself",
      seeing(incomplete(), { jobs: someJobs({ copier: { ...copier, suspended: false } }) }),
      "Unknown/NoCopyTemplate",
    ],
    [
      "it is another CronJob",
      seeing(incomplete(), { jobs: someJobs({ copier: { ...copier, hasCopier: false } }) }),
      "Unknown/NoCopyTemplate",
    ],
    ["the stores weren't compared", incomplete({ verification: { runs: [] } }), "Unknown/NotCompared"],
    [
      "they are being compared",
      incomplete({ verification: { runs: [missing, aRun({ number: 2 })] } }),
      "Unknown/CopyDue",
    ],
    [
      "the migration is being deleted",
      { ...incomplete(), meta: { ...incomplete().meta, deleting: true } },
      "Unknown/CopyDue",
    ],
  ])("isn't asked for where %s", (_, c, fact) => {
    expect([askCopy(c).status.copy, judged(c)]).toEqual([undefined, fact]);
  });

  test("whose Job isn't there says so where its CronJob isn't either", () => {
    expect(judged(seeing(incomplete({ copy: open }), { jobs: someJobs({ copier: null }) }))).toBe(
      "Unknown/NoCopyTemplate",
    );
  });

  test("is asked for where a person waived what can't be compared", () => {
    const unknown = aRun({ result: { outcome: "Unknown", reason: "CannotSay", message: "no", at: ago(60) } });
    const waived = [{ check: "parity", actor: "ada", reason: "by hand", at: ago(30) }];
    const acts = { paused: false, seen: [], approvals, waived };
    expect(askCopy(incomplete({ acts, verification: { runs: [unknown] } })).status.copy).toMatchObject({ number: 1 });
  });

  test("is asked for of a collection that doesn't exist, and holds with its own words", () => {
    const reachable = { status: "False", reason: "CollectionMissing", message: "it does not exist" } as const;
    const c = { ...incomplete({ verification: { runs: [] } }), reachable };
    expect(askCopy(c).status.copy).toMatchObject({ number: 1 });
    expect(tell(preflight(c))).toMatch(
      /^Preflight waiting Copying: preflight: Job \S+ copies from source to destination$/,
    );
  });

  test("that has just ended isn't asked for again before the pods see the collection", () => {
    const reachable = { status: "False", reason: "CollectionMissing", message: "it does not exist" } as const;
    const result = { outcome: "Completed", message: "Job docs-copy-1 completed", at: ago(5) } as const;
    const c = { ...incomplete({ copy: { ...open, result } }), reachable };
    expect(askCopy(c)).toBe(c);
    expect(judged(c)).toBe("Unknown/NotCompared");
  });

  test("after which chunks are missing all the same is False, and asked for again after a while", () => {
    const result = { outcome: "Completed", message: "Job docs-copy-1 completed", at: ago(600) } as const;
    const runs = [aRun({ ...missing, number: 2, askedAt: ago(500) })];
    const c = incomplete({ copy: { ...open, result }, verification: { runs } });
    expect(judged(c)).toBe("False/CopyIncomplete");
    expect(askCopy({ ...c, now: noon + 301_000 }).status.copy).toMatchObject({ number: 2 });
  });

  test("outdates what was compared before it", () => {
    const result = { outcome: "Completed", message: "Job docs-copy-1 completed", at: ago(60) } as const;
    expect(judged(incomplete({ copy: { ...open, result } }))).toBe("Unknown/NotCompared");
  });

  test("that failed for an earlier plan doesn't hold this one back", () => {
    const result = { outcome: "Failed", message: "Job docs-copy-1 failed", at: ago(700) } as const;
    const runs = [aRun({ ...missing, number: 2, askedAt: ago(60) })];
    const c = incomplete({ copy: { ...open, planHash: "another", result }, verification: { runs } });
    expect(askCopy(c).status.copy).toMatchObject({ number: 2, planHash: c.status.planHash });
  });

  test.each([
    ["Preflight", false],
    ["AwaitingApproval", false],
    ["AwaitingApproval", true],
  ] as const)(
    "under way in %s, paused: %s, ends where a policy forbids it, and not where none can be read",
    (phase, paused) => {
      const c = incomplete({ phase, acts: { paused, seen: [], approvals }, copy: open });
      const spec = parsePolicySpec({});
      if (!spec.ok) throw new Error("a policy without fields");
      const decided = (policies: NonNullable<Context["observation"]["policies"]>) =>
        decide({ observation: { ...seeing(c, { policies }).observation }, migration: c.migration, now: c.now }).status
          .copy;
      expect(decided({ ok: true, value: [{ name: "bank", spec: spec.spec, underWay: [] }] })?.stoppedAt).toBe(c.nowIso);
      expect(decided({ ok: false, why: "timed out" })).toEqual({ ...open, absentSince: c.nowIso });
    },
  );
});
