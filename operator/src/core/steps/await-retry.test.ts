// Which rollbacks may be tried again, what they go on with, and what the next cutover forgets.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, ago } from "#test/builders/context.ts";
import { someCounters } from "#test/builders/counters.ts";
import { aStatus } from "#test/builders/migration.ts";
import { aResult, aRun } from "#test/builders/verification.ts";
import { awaitRetry, withoutCompared } from "./await-retry.ts";

const causes = ["2 of 3 pods follow"];
const rollback = { at: ago(60), from: "CuttingOver", reason: "AckTimeout", causes, actor: null } as const;
const stage = { index: 2, count: 3, sampleRate: 0.1, startedAt: ago(9000) };
const ramp = { at: ago(120), counters: someCounters({ answered: 500 }), lost: 0 };
const dispersion = { epoch: 5, openedAt: ago(130), gates: [] };

function at(status: Partial<MigrationStatus> = {}) {
  const before = { rollback: { ...rollback, causes }, cutoverAt: ago(120), stage, ramp, dispersion };
  return aContext("RollingBack", { status: { ...before, ...status } });
}
const retried = (status: Partial<MigrationStatus> = {}) => awaitRetry(at(status), "every pod is back");

describe("a cutover that was taken back", () => {
  it("becomes one that may be tried again, at the last rate, with the ramp's evidence in the new epoch", () => {
    const { status, reason, standing } = retried() ?? {};
    expect([status?.phase, reason, standing]).toEqual(["AwaitingCutover", "Retryable", "waiting"]);
    expect(status?.message).toBe("every pod is back; sampling goes on, and a Retry act cuts over again");
    expect(status?.takenBack).toEqual({
      at: ago(60),
      reason: "AckTimeout",
      causes,
      times: 1,
      servedFrom: ago(120),
      servedUntil: ago(0),
    });
    expect(status?.revision).toMatchObject({ epoch: 6, primary: "source", shadow: "destination", sampleRate: 0.1 });
    expect(status?.evidence).toMatchObject({ epoch: 6, groups: [], counted: ramp.counters });
    expect(status?.dispersion).toEqual({ ...dispersion, epoch: 6 });
    for (const field of ["rollback", "cutoverAt", "ramp"]) expect(status).not.toHaveProperty(field);
  });

  it("keeps since when something may not have been compared, and how often it was tried", () => {
    const takenBack = { at: ago(9000), reason: "AckTimeout", causes, times: 1, servedFrom: ago(9100) };
    const again = { takenBack, rollback: { ...rollback, causes, servedUntil: ago(30) } };
    expect(retried(again)?.status.takenBack).toMatchObject({ times: 2, servedFrom: ago(9100), servedUntil: ago(30) });
    expect(retried({ cutoverAt: undefined })?.status.takenBack).not.toHaveProperty("servedFrom");
  });

  it.each<[string, Partial<MigrationStatus>]>([
    ["that is a day old", { ramp: { ...ramp, at: ago(86_401) } }],
    ["of an earlier version, which kept none", { ramp: undefined }],
  ])("begins its last stage anew without evidence, or with one %s", (_, status) => {
    const outcome = retried(status);
    expect(outcome?.status.phase).toBe("AwaitingCutover");
    expect(outcome?.status).not.toHaveProperty("evidence");
  });

  it("goes on without what was known of bursts, where nothing was", () => {
    expect(retried({ dispersion: undefined })?.status.dispersion).toBeUndefined();
  });

  it.each<[string, Partial<MigrationStatus>]>([
    ["from another phase, whatever reason its annotation names", { rollback: { ...rollback, causes, from: "Guard" } }],
    ["for harm", { rollback: { ...rollback, causes, reason: "HarmSevere" } }],
    [
      "that a person made final",
      { acts: { paused: false, seen: [], latched: { act: "Abort", actor: "ada", reason: "", at: ago(9) } } },
    ],
    ["of a status that lost its stage", { stage: undefined }],
    ["of a status that lost its rollback", { rollback: undefined }],
  ])("is over for good %s", (_, status) => {
    expect(retried(status)).toBeUndefined();
  });

  it("is over for good where the migration is being deleted", () => {
    const c = at();
    expect(awaitRetry({ ...c, meta: { ...c.meta, deleting: true } }, "")).toBeUndefined();
  });
});

describe("the next cutover", () => {
  const takenBack = { at: ago(600), reason: "AckTimeout", causes, times: 1, servedFrom: ago(900) };
  const after = (askedAt: string, outcome: "Compared" | "Unknown" = "Compared") => {
    const runs = [aRun({ purpose: "Rollback", askedAt, result: aResult({ outcome }) })];
    return withoutCompared(aStatus({ takenBack, verification: { runs } }));
  };

  it("forgets since when there were writes once they were compared", () => {
    const { servedFrom: _servedFrom, ...kept } = takenBack;
    expect(after(ago(500))).toEqual({ takenBack: kept });
  });

  it("forgets nothing that wasn't compared, or was before", () => {
    expect(after(ago(500), "Unknown")).toEqual({});
    expect(after(ago(601))).toEqual({});
    expect(withoutCompared(aStatus({ takenBack }))).toEqual({});
    expect(withoutCompared(aStatus())).toEqual({});
  });
});
