// What a policy asks of a migration, and of which namespaces.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { migrationPolicyKind } from "#manifest/kinds.ts";
import { rootSchema } from "#manifest/to-crd.ts";
import { parseMigrationSpec, parsePolicySpec } from "#parse.ts";
import { judgePolicy, selectsNamespace } from "#policy/judge-policy.ts";
import { expectedValues, type PolicySpec } from "#policy/policy-spec.ts";
import type { MigrationSpec } from "#spec/migration-spec.ts";
import { violations, withDefaults } from "#test/admission.ts";
import { pgvectorDestination, twoFieldSpec } from "#test/builders.ts";

function aPolicy(spec: object): PolicySpec {
  const parsed = parsePolicySpec(spec);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.spec;
}

function aSpec(more: object = {}): MigrationSpec {
  const parsed = parseMigrationSpec({ ...twoFieldSpec, ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.spec;
}

const approvals = (more: object) => ({ requestedBy: "ada", checklist: { approvals: more } });
const window = (more: object) => ({ checklist: { window: more } });
const skip = { policy: "Skip" };
const strict = { approvals: { roles: [{ name: "sre-on-call", quorum: 2 }], fourEyes: true, differentPeople: true } };

describe("a policy", () => {
  it("that asks nothing is met by every migration", () => {
    const loose = aSpec({
      checklist: { approvals: skip, window: skip },
      cutover: { hold: false },
    });
    expect(judgePolicy(aPolicy({}), loose)).toEqual([]);
  });

  it.each([
    [
      "approvals that are skipped",
      strict,
      approvals(skip),
      ["spec.checklist.approvals.policy: got Skip, expected Require"],
    ],
    [
      "too few people, and one person twice",
      strict,
      { requestedBy: "ada" },
      [
        "spec.checklist.approvals.roles: expected sre-on-call with a quorum of at least 2, got 1",
        "spec.checklist.approvals.fourEyes: got false, expected true",
        "spec.checklist.approvals.differentPeople: got false, expected true",
      ],
    ],
    [
      "four eyes where nobody asks for the migration",
      { approvals: { roles: [], fourEyes: true } },
      {},
      [
        "spec.checklist.approvals.fourEyes: got false, expected true",
        "spec.requestedBy: got nobody, expected who asks for it",
      ],
    ],
    [
      "a role that isn't asked",
      { approvals: { roles: [{ name: "risk" }] } },
      {},
      ["spec.checklist.approvals.roles: expected risk with a quorum of at least 1, got none"],
    ],
    [
      "a cutover without a hold",
      { hold: true },
      { cutover: { hold: false } },
      ["spec.cutover.hold: got false, expected true"],
    ],
    [
      "a window that is skipped",
      { window: {} },
      window(skip),
      ["spec.checklist.window.policy: got Skip, expected Require"],
    ],
    [
      "a window of another time zone",
      { window: {} },
      window({ timeZone: "Europe/Berlin" }),
      ["spec.checklist.window.timeZone: got Europe/Berlin, expected UTC, so that both can be compared"],
    ],
    [
      "other days and a later end",
      { window: { days: ["Tue"], end: "12:00" } },
      window({ days: ["Tue", "Fri"] }),
      [
        "spec.checklist.window.days: got Fri, expected Tue",
        "spec.checklist.window: got 09:00 to 16:00, expected within 09:00 to 12:00",
      ],
    ],
    [
      "a window over midnight",
      { window: { start: "00:00", end: "24:00" } },
      window({ start: "22:00", end: "02:00" }),
      ["spec.checklist.window: got 22:00 to 02:00, expected within 00:00 to 24:00"],
    ],
    [
      "another kind of store",
      { destinations: { stores: ["pgvector"] } },
      {},
      ["spec.destination.kind: got qdrant, expected one of pgvector"],
    ],
    [
      "another host",
      { destinations: { hosts: ["*.bank.example", "example"] } },
      {},
      [expect.stringMatching(/^spec\.destination: got host \S+, expected one of \*\.bank\.example, example$/)],
    ],
    [
      "a migration that has a store written to",
      {},
      { data: { copy: "IfIncomplete", sync: "Continuous" } },
      [
        "spec.data.copy: got IfIncomplete, expected Never: the policy's storeWrites is Forbid",
        "spec.data.sync: got Continuous, expected Never: the policy's storeWrites is Forbid",
      ],
    ],
    [
      "a store without TLS",
      { destinations: { tls: true } },
      { destination: pgvectorDestination },
      ["spec.destination: expected a store that is reached by TLS"],
    ],
  ] as const)("refuses %s", (_, policy, spec, refusals) => {
    expect(judgePolicy(aPolicy(policy), aSpec(spec))).toEqual(refusals);
  });

  it.each([
    [
      "as many people, in more roles",
      strict,
      approvals({ roles: [{ name: "sre-on-call", quorum: 3 }, { name: "b" }], fourEyes: true, differentPeople: true }),
    ],
    [
      "a narrower window",
      { window: { days: ["Mon", "Tue"] } },
      window({ days: ["Tue"], start: "10:00", end: "11:00" }),
    ],
    [
      "one over midnight within another",
      { window: { start: "20:00", end: "06:00" } },
      window({ start: "22:00", end: "02:00" }),
    ],
    ["a validation that never cuts over", { hold: true }, { mode: "Validate", cutover: { hold: false } }],
    ["writing that it allows", { storeWrites: "Allow" }, { data: { copy: "IfIncomplete" } }],
    ["TLS to pgvector", { destinations: { tls: true } }, { destination: { ...pgvectorDestination, tls: {} } }],
  ])("is met by %s", (_, policy, spec) => {
    expect(judgePolicy(aPolicy(policy), aSpec(spec))).toEqual([]);
  });

  it("with a further demand never refuses less", () => {
    const demands = fc.record(
      {
        approvals: fc.record(
          { fourEyes: fc.boolean(), differentPeople: fc.boolean(), roles: fc.constant([{ name: "risk", quorum: 1 }]) },
          { requiredKeys: [] },
        ),
        hold: fc.boolean(),
        window: fc.constant({ days: ["Tue"] }),
        destinations: fc.record({ tls: fc.boolean(), stores: fc.constant(["pgvector"]) }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(demands, demands, fc.boolean(), (some, more, hold) => {
        const spec = aSpec({ cutover: { hold } });
        const less = judgePolicy(aPolicy(some), spec);
        const hard = { ...more, ...some };
        const all = judgePolicy(aPolicy(hard), spec);
        expect(less.filter((refusal) => !all.includes(refusal))).toEqual([]);
      }),
    );
  });

  it("knows a host by its name in any case, with a dot at the end, and below a star only what is below it", () => {
    const at = (url: string, hosts: readonly string[]) => {
      const { destination } = aSpec();
      return judgePolicy(aPolicy({ destinations: { hosts } }), aSpec({ destination: { ...destination, url } })).length;
    };
    const below = ["*.bank.example"];
    expect(at("https://q.bank.example:6333", below)).toBe(0);
    expect(at("https://Q.Bank.Example.:6333", below)).toBe(0);
    expect(at("https://bank.example:6333", below)).toBe(1);
    expect(at("https://evilbank.example:6333", below)).toBe(1);
    expect(at("https://q.bank.example.evil.test:6333", below)).toBe(1);
    expect(at("https://q:6333", ["q"])).toBe(0);
    expect(at("https://[FD00:0::1]:6333", ["fd00::1"])).toBe(0);
    expect(at("https://[fd00::2]:6333", ["fd00::1"])).toBe(1);
  });
});

describe("the namespaces of a policy", () => {
  const selects = (matchExpressions: readonly object[], labels: Record<string, string>) =>
    selectsNamespace(aPolicy({ namespaceSelector: { matchExpressions } }), labels);

  it.each([
    [[], {}, true],
    [[{ key: "tier", operator: "In", values: ["bank"] }], { tier: "bank" }, true],
    [[{ key: "tier", operator: "In", values: ["bank"] }], { tier: "shop" }, false],
    [[{ key: "tier", operator: "In", values: ["bank"] }], {}, false],
    [[{ key: "tier", operator: "NotIn", values: ["bank"] }], {}, true],
    [[{ key: "tier", operator: "NotIn", values: ["bank"] }], { tier: "bank" }, false],
    [[{ key: "tier", operator: "Exists" }], { tier: "" }, true],
    [[{ key: "tier", operator: "DoesNotExist" }], { tier: "" }, false],
    [
      [
        { key: "tier", operator: "Exists" },
        { key: "test", operator: "DoesNotExist" },
      ],
      { tier: "a", test: "b" },
      false,
    ],
    [[{ key: "constructor", operator: "Exists" }], {}, false],
  ])("are, by %j, those with %j: %s", (expressions, labels, isSelected) => {
    expect(selects(expressions, labels as Record<string, string>)).toBe(isSelected);
  });
});

const policySchema = rootSchema(migrationPolicyKind);

describe("a policy whose selector could bind nobody by mistake", () => {
  const faultsOf = (one: object) => parsePolicySpec({ namespaceSelector: { matchExpressions: [one] } });
  const at = (field: string) => ({ path: `spec.namespaceSelector.matchExpressions[0].${field}` });

  it.each([
    { key: "tier", operator: "In" },
    { key: "tier", operator: "NotIn", values: [] },
    { key: "tier", operator: "Exists", values: ["bank"] },
    { key: "tier", operator: "DoesNotExist", values: ["bank"] },
  ])("is refused with %j, here and by the API server", (one) => {
    expect(faultsOf(one)).toMatchObject({ ok: false, faults: [at("values")] });
    const spec = { namespaceSelector: { matchExpressions: [one] } };
    expect(violations(policySchema, withDefaults(policySchema, { spec }))).toEqual([expectedValues]);
  });

  it.each([
    [{ key: "tier", operator: "In", values: ["bank "] }, "values[0]"],
    [{ key: "tier ", operator: "Exists" }, "key"],
    [{ key: "bank.example/", operator: "Exists" }, "key"],
  ])("is refused with %j, which no label has", (one, field) => {
    expect(faultsOf(one)).toMatchObject({ ok: false, faults: [at(field)] });
  });
});

it("a policy with a field that this version doesn't know is refused, not passed over", () => {
  expect(parsePolicySpec({ leastGuard: "24h" })).toMatchObject({ ok: false, faults: [{ path: "spec.leastGuard" }] });
});
