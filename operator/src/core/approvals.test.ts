// Approvals one by one: what refuses them, how long they count, and what a person's newer word does.
import { describe, expect, it } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { judgeApprovals, recordApproval, refuseApproval } from "./approvals.ts";
import type { ActObservation } from "./model.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const plan = aSpec({
  checklist: { ...onlyReachable, approvals: { roles: [{ name: "sre", quorum: 2 }], expiry: "1h" } },
});
const anApproval = (more: Partial<ActObservation> = {}): ActObservation => ({
  name: "act-1",
  uid: "act-1",
  createdAt: now,
  act: "Approve",
  actor: "ada",
  reason: "",
  role: "sre",
  planHash: "p",
  expiresAt: null,
  ...more,
});
const kept = (role: string, actor: string, until: string) => ({ role, actor, at: "2026-03-01T11:00:00Z", until });

describe("an approval", () => {
  it.each([
    [{ role: null }, "the plan asks no role without a name; it asks sre"],
    [{ createdAt: now - 3_600_000 }, "approvals count for 1h, this one is older"],
    [{ createdAt: now - 3_599_999 }, undefined],
    [{ expiresAt: now }, "approvals count for 1h, this one is older"],
    [{}, undefined],
  ])("%j is refused because %s", (more, refusal) => {
    expect(refuseApproval(anApproval(more), { plan, status: aStatus({ planHash: "p" }), now })).toBe(refusal);
  });

  it("counts until its own end or the plan's, whichever is sooner", () => {
    const until = (expiresAt: number | null) => recordApproval(anApproval({ expiresAt }), [], plan)[0]?.until;
    expect(until(null)).toBe("2026-03-01T13:00:00.000Z");
    expect(until(now + 60_000)).toBe("2026-03-01T12:01:00.000Z");
    expect(until(now + 86_400_000)).toBe("2026-03-01T13:00:00.000Z");
  });

  it("replaces the same person's in the same role, and no other; in a role nobody asked it is none", () => {
    const before = [kept("sre", "ada", ""), kept("owner", "ada", ""), kept("sre", "grace", "")];
    const names = recordApproval(anApproval(), before, plan).map(({ role, actor }) => `${actor} ${role}`);
    expect(names).toEqual(["ada owner", "grace sre", "ada sre"]);
    expect(recordApproval(anApproval({ role: "intern" }), before, plan)).toEqual(before);
  });

  it("is one of at most fifty, the newest", () => {
    const many = Array.from({ length: 50 }, (_, index) => kept("sre", `user-${index}`, ""));
    const all = recordApproval(anApproval(), many, plan).map(({ actor }) => actor);
    expect([all.length, all[0], all.at(-1)]).toEqual([50, "user-1", "ada"]);
  });
});

describe("the check", () => {
  const judge = (untils: readonly string[]) => {
    const approvals = untils.map((until, index) => kept("sre", `user-${index}`, until));
    const status = aStatus({ planHash: "p", acts: { paused: false, seen: [], approvals } });
    return judgeApprovals({ plan, status, now }, { ok: true, value: "proved" });
  };

  it("counts what hasn't ended, and nothing whose end can't be read", () => {
    const later = "2026-03-01T12:00:01Z";
    expect(judge([later, later])).toMatchObject({ status: "True", reason: "Approved" });
    expect(judge([later, "2026-03-01T12:00:00Z"])).toMatchObject({ status: "False", reason: "ApprovalsMissing" });
    expect(judge([later, "soon"]).message).toContain("needs sre 1 of 2");
    expect(judge([]).message).toContain("needs sre 0 of 2");
  });
});
