// Approvals one by one: what refuses them, how long they count, and what a person's newer word does.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import type { ActObservation } from "../model/observation.ts";
import { countOnce, judgeApprovals, recordApproval, refuseWord } from "./approvals.ts";

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
const twoRoles = (fourEyes: boolean) =>
  aSpec({
    requestedBy: "ada",
    checklist: {
      ...onlyReachable,
      approvals: { roles: [{ name: "sre", quorum: 2 }, { name: "owner" }], expiry: "1h", fourEyes },
    },
  });
const { requestedBy: _, ...nobodyAsks } = twoRoles(true);
const kept = (role: string, actor: string, until: string) => ({ role, actor, at: "2026-03-01T11:00:00Z", until });

describe("an approval", () => {
  it.each([
    [{ role: null }, "the plan asks no role without a name; it asks sre"],
    [{ createdAt: now - 3_600_000 }, "approvals count for 1h, this one is older"],
    [{ createdAt: now - 3_599_999 }, undefined],
    [{ expiresAt: now }, "approvals count for 1h, this one is older"],
    [{}, undefined],
  ])("%j is refused because %s", (more, refusal) => {
    expect(refuseWord(anApproval(more), { plan, status: aStatus({ planHash: "p" }), now })).toBe(refusal);
  });

  it("is refused before a plan is accepted", () => {
    const status = aStatus({ planHash: "" });
    expect(refuseWord(anApproval(), { plan, status, now })).toBe("no plan is accepted yet");
  });

  it.each([
    ["of no plan", plan, { planHash: null }, "it names no plan; an approval is given for one plan, by its hash"],
    [
      "that nobody asks for",
      aSpec({ checklist: onlyReachable }),
      {},
      "spec.checklist.approvals.policy is Skip: nobody is asked",
    ],
    ["in another role", twoRoles(false), { role: "intern" }, "the plan asks no intern; it asks sre, owner"],
    ["of who asked", twoRoles(true), {}, "four eyes: ada asked for this migration and can't approve it"],
    [
      "of who asked, spelled otherwise",
      twoRoles(true),
      { actor: " Ada" },
      "four eyes:  Ada asked for this migration and can't approve it",
    ],
    ["where nobody is known to have asked", nobodyAsks, {}, undefined],
    ["of who asked, where two eyes are enough", twoRoles(false), {}, undefined],
    ["of another pair of eyes", twoRoles(true), { actor: "grace" }, undefined],
  ] as const)("%s is refused where there is a reason", (_what, asked, more, refusal) => {
    expect(refuseWord(anApproval(more), { plan: asked, status: aStatus({ planHash: "p" }), now })).toBe(refusal);
  });

  it.each([
    ["oidc:ada", "ada", true],
    ["https://login.example#Ada", "ada", true],
    ["ada", "oidc:ada", true],
    ["corp\\ada", "ada", true],
    ["oidc:ada", "other:ada", false],
    ["cascada", "ada", false],
    ["oidc:", "ada", false],
  ])("of %s, where %s asked, is one pair of eyes: %s", (actor, requestedBy, isOne) => {
    const asked = { ...twoRoles(true), requestedBy };
    const refusal = refuseWord(anApproval({ actor }), { plan: asked, status: aStatus({ planHash: "p" }), now });
    expect(refusal !== undefined).toBe(isOne);
  });

  it("counts until its own end or the plan's, whichever is sooner", () => {
    const until = (expiresAt: number | null) => recordApproval(anApproval({ expiresAt }), [], plan)[0]?.until;
    expect(until(null)).toBe("2026-03-01T13:00:00.000Z");
    expect(until(now + 60_000)).toBe("2026-03-01T12:01:00.000Z");
    expect(until(now + 86_400_000)).toBe("2026-03-01T13:00:00.000Z");
  });

  it("is one person's however the name is spelled, in one role and in several", () => {
    const before = [kept("sre", "Ada", ""), kept("owner", "ADA", ""), kept("sre", "grace", "")];
    const actors = recordApproval(anApproval(), before, plan).map(({ role, actor }) => `${actor} ${role}`);
    expect(actors).toEqual(["ADA owner", "grace sre", "ada sre"]);
    const seats = ["sre", "owner"].map((name, index) => ({
      name,
      quorum: 1,
      actors: [["ada"], ["\uff21da"]][index] ?? [],
    }));
    expect(countOnce(seats).map((role) => role.actors.length)).toEqual([1, 0]);
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
  const later = "2026-03-01T12:00:01Z";
  const approvedBy = (
    approvals: readonly ReturnType<typeof kept>[],
    asked = plan,
  ): Parameters<typeof judgeApprovals>[0] => ({
    plan: asked,
    status: aStatus({ planHash: "p", acts: { paused: false, seen: [], approvals: [...approvals] } }),
    now,
  });
  const users = (...untils: string[]) => approvedBy(untils.map((until, index) => kept("sre", `user-${index}`, until)));
  const proved = { ok: true, value: "proved" } as const;

  const missing = (message: string) => ({ status: "False", reason: "ApprovalsMissing", message });
  const expired = (message: string, until: string) => ({
    status: "False",
    reason: "ApprovalsExpired",
    message: `${message}; expired: user-1 (sre) at ${until}`,
  });
  it.each([
    [
      "both",
      users(later, later),
      { status: "True", reason: "Approved", message: "approved by user-0 (sre), user-1 (sre)" },
    ],
    [
      "one, the other ended",
      users(later, "2026-03-01T12:00:00Z"),
      expired("approve plan p: needs sre 1 of 2, so far user-0 (sre)", "2026-03-01T12:00:00Z"),
    ],
    [
      "one, the other's end can't be read",
      users(later, "soon"),
      expired("approve plan p: needs sre 1 of 2, so far user-0 (sre)", "soon"),
    ],
    ["nobody", users(), missing("approve plan p: needs sre 0 of 2")],
    [
      "others in other roles",
      approvedBy([kept("owner", "ada", later), kept("intern", "bob", later)], twoRoles(false)),
      missing("approve plan p: needs sre 0 of 2, so far ada (owner)"),
    ],
    [
      "too few in each role",
      approvedBy([kept("sre", "ada", later)], twoRoles(false)),
      missing("approve plan p: needs sre 1 of 2, needs owner 0 of 1, so far ada (sre)"),
    ],
  ])("%s agreed: it says who is missing", (_who, asked, fact) => {
    expect(judgeApprovals(asked, proved)).toEqual(fact);
  });

  it("counts nobody while no act was ever taken", () => {
    expect(judgeApprovals({ plan, status: aStatus({ planHash: "p" }), now }, proved).message).toBe(
      "approve plan p: needs sre 0 of 2",
    );
  });

  const unproved =
    "approvals prove nothing without the admission policy retriever-act-identity and its binding: install both, or set the operator to --act-identity=trusted";
  it.each([
    ["nothing is known of", undefined, "IdentityNotProved", unproved],
    ["nothing proves", { ok: true, value: "unproved" }, "IdentityNotProved", unproved],
    [
      "can't be looked up",
      { ok: false, why: "timed out" },
      "IdentityNotObserved",
      "whether actors are who they say can't be looked up: timed out",
    ],
  ] as const)("is Unknown while %s who actors are, however many agreed", (_what, identity, reason, doubt) => {
    const message = `${doubt}; so far user-0 (sre), user-1 (sre)`;
    expect(judgeApprovals(users(later, later), identity)).toEqual({ status: "Unknown", reason, message });
  });

  it("says openly that actors are trusted, once the quorum is there", () => {
    const trusted = { ok: true, value: "trusted" } as const;
    expect(judgeApprovals(users(later, later), trusted)).toEqual({
      status: "True",
      reason: "ApprovedOnTrust",
      message: "approved by user-0 (sre), user-1 (sre); the operator is set to trust what acts say of their actors",
    });
    expect(judgeApprovals(users(later), trusted).reason).toBe("ApprovalsMissing");
  });
});

describe("people who count once", () => {
  const roles = (wanted: readonly (readonly [string, number, readonly string[]])[]) =>
    wanted.map(([name, quorum, actors]) => ({ name, quorum, actors }));

  it("leave a role short that only they were in", () => {
    const counted = countOnce(
      roles([
        ["sre", 1, ["ada"]],
        ["owner", 1, ["ada"]],
      ]),
    );
    expect(counted.map(({ actors }) => actors)).toEqual([["ada"], []]);
  });

  it("are counted where they are needed, whoever approved first", () => {
    const counted = countOnce(
      roles([
        ["sre", 1, ["ada", "bob"]],
        ["owner", 1, ["ada"]],
      ]),
    );
    expect(counted.map(({ actors }) => actors)).toEqual([["bob"], ["ada"]]);
  });

  it("fill as many seats as there is any way to fill, each person one", () => {
    const people = ["a", "b", "c", "d"];
    const role = fc.record({
      name: fc.constant("r"),
      quorum: fc.integer({ min: 1, max: 2 }),
      actors: fc.subarray(people),
    });
    fc.assert(
      fc.property(fc.array(role, { minLength: 1, maxLength: 3 }), (asked) => {
        const counted = countOnce(asked);
        const seated = counted.flatMap(({ actors }) => actors);
        expect(new Set(seated).size).toBe(seated.length);
        for (const [index, { actors, quorum }] of counted.entries()) {
          expect(actors.length).toBeLessThanOrEqual(quorum);
          expect(actors.every((actor) => asked[index]?.actors.includes(actor))).toBe(true);
        }
        expect(seated.length).toBe(mostSeats(asked, people));
      }),
    );
  });
});

type Role = { readonly quorum: number; readonly actors: readonly string[] };

/** By trying every place of every person. */
function mostSeats(roles: readonly Role[], people: readonly string[], taken = roles.map(() => 0)): number {
  const [person, ...others] = people;
  if (person === undefined) return taken.reduce((sum, one) => sum + one, 0);
  const places = roles.flatMap(({ actors, quorum }, index) =>
    actors.includes(person) && (taken[index] ?? 0) < quorum ? [index] : [],
  );
  const counts = places.map((place) =>
    mostSeats(
      roles,
      others,
      taken.map((one, index) => (index === place ? one + 1 : one)),
    ),
  );
  return Math.max(mostSeats(roles, others, taken), ...counts);
}

it("one person in both roles isn't two people, where the plan asks for different ones", () => {
  const both = [kept("sre", "ada", "2026-03-02T11:00:00Z"), kept("owner", "ada", "2026-03-02T11:00:00Z")];
  const asking = (differentPeople: boolean) => {
    const roles = [{ name: "sre" }, { name: "owner" }];
    const strict = aSpec({ checklist: { ...onlyReachable, approvals: { roles, differentPeople } } });
    const status = aStatus({ planHash: "p", acts: { paused: false, seen: [], approvals: both } });
    return judgeApprovals({ plan: strict, status, now }, { ok: true, value: "proved" });
  };
  expect(asking(false).status).toBe("True");
  expect(asking(true)).toMatchObject({ status: "False", reason: "ApprovalsMissing" });
  expect(asking(true).message).toContain("needs owner 0 of 1");
});
