// A RetrieverMigrationPolicy as parameter of the chart's admission policy: tests on a real API server, registered by
// policies.test.ts.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { ensure } from "#support/kube/definitions.ts";
import { alice, allowed, patch, post, root, scene } from "./policy-scene.ts";

const { admin, namespace, crs } = scene;
const collection = "/apis/retriever.dev/v1alpha1/retrievermigrationpolicies";
const path = `${collection}/${namespace}`;
const migrations = `${crs}/retrievermigrations`;

const policy = {
  apiVersion: "retriever.dev/v1alpha1",
  kind: "RetrieverMigrationPolicy",
  metadata: { name: namespace },
  spec: {
    namespaceSelector: { matchExpressions: [{ key: "tier", operator: "In", values: ["bank"] }] },
    approvals: { roles: [{ name: "risk", quorum: 2 }], fourEyes: true, differentPeople: true },
    hold: true,
    window: { days: ["Tue", "Wed"], start: "10:00", end: "15:00" },
    destinations: { stores: ["qdrant"], hosts: ["*.bank.example", "q", "fd00::1"], tls: true },
  },
};

const approvals = { fourEyes: true, differentPeople: true, roles: [{ name: "risk", quorum: 2 }, { name: "owner" }] };
const window = { days: ["Tue"], start: "10:00", end: "12:00" };
const qdrant = { kind: "qdrant", url: "https://q:6333", collection: "c", apiKey: { fromEnv: "RETRIEVER_CRED_Q" } };
const pgvector = { kind: "pgvector", host: "q", database: "d", schema: "s", table: "t" };
const user = { user: { fromEnv: "RETRIEVER_CRED_U" }, password: { fromEnv: "RETRIEVER_CRED_P" } };

/** Within the policy, but for what a test is about. */
function aMigration(name: string, more: object = {}, checklist: object = {}): object {
  return {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "RetrieverMigration",
    metadata: { name },
    spec: {
      target: { name: "search-api" },
      requestedBy: "alice",
      checklist: { approvals, window, ...checklist },
      destination: qdrant,
      ...more,
    },
  };
}

/** Words of the refusal; what differs from a migration within the policy, of its spec and of its checklist. */
const refused: readonly (readonly [string, object, object])[] = [
  ["approvals.policy: expected Require", {}, { approvals: { policy: "Skip" } }],
  ["expected risk with a quorum of at least 2", {}, { approvals: { ...approvals, roles: [{ name: "risk" }] } }],
  ["approvals.fourEyes: expected true", {}, { approvals: { ...approvals, fourEyes: false } }],
  ["approvals.differentPeople: expected true", {}, { approvals: { ...approvals, differentPeople: false } }],
  ["spec.cutover.hold: expected true", { cutover: { hold: false } }, {}],
  ["spec.checklist.window: expected one within Tue, Wed 10:00 to 15:00 UTC", {}, { window: { policy: "Skip" } }],
  ["spec.checklist.window", {}, { window: { ...window, days: ["Tue", "Sun"] } }],
  ["spec.checklist.window", {}, { window: { ...window, end: "15:30" } }],
  ["spec.checklist.window", {}, { window: { ...window, timeZone: "Asia/Tokyo" } }],
  ["spec.destination.kind: expected one of qdrant", { destination: { ...pgvector, ...user, tls: {} } }, {}],
  [
    "spec.destination: got host evilbank.example",
    { destination: { ...qdrant, url: "https://evilbank.example:6333" } },
    {},
  ],
  ["spec.data: expected copy and sync Never", { data: { copy: "IfIncomplete" } }, {}],
  ["reached by TLS", { destination: { ...qdrant, url: "http://q:6333" } }, {}],
];

async function moveRehearsal(): Promise<void> {
  const rehearsal = aMigration("rehearsal", { mode: "Validate", cutover: { hold: false } });
  expect(await admin.ask(post(alice, migrations, rehearsal))).toBe(allowed);
  const real = { spec: { mode: "Migrate" } };
  expect(await admin.ask(patch(alice, `${migrations}/rehearsal`, real))).toContain("cutover.hold: expected true");
  expect(await admin.ask({ as: alice, method: "DELETE", path: `${migrations}/rehearsal` })).toBe(allowed);
}

async function leaveUnnamed(): Promise<void> {
  const unnamed = { checklist: {} };
  expect(await admin.ask(post(alice, migrations, aMigration("unnamed", unnamed)))).toBe(allowed);
  const nobody = aMigration("nobody", { ...unnamed, requestedBy: undefined });
  expect(await admin.ask(post(alice, migrations, nobody))).toContain("spec.requestedBy: expected who asks");
  expect(await admin.ask({ as: alice, method: "DELETE", path: `${migrations}/unnamed` })).toBe(allowed);
}

async function speakOfOthers(): Promise<void> {
  const elsewhere = { key: "tier", operator: "NotIn", values: ["bank"] };
  const other = { spec: { namespaceSelector: { matchExpressions: [elsewhere] } } };
  await admin.mergePatch(path, other);
  const loose = aMigration("probe", { cutover: { hold: false } });
  const probe = () => admin.ask(post(alice, `${migrations}?dryRun=All`, loose));
  expect(await eventually("the change is seen", async () => (await probe()) === allowed)).toBe(true);
}

/** Such a policy would be nobody's, and nobody would hear of it. */
async function selectNobody(): Promise<void> {
  for (const one of [
    { key: "tier", operator: "In" },
    { key: "tier", operator: "Exists", values: ["bank"] },
  ]) {
    const namespaceSelector = { matchExpressions: [one] };
    const body = { ...policy, metadata: { name: `${namespace}-nobody` }, spec: { ...policy.spec, namespaceSelector } };
    expect(await admin.ask(post(root, collection, body))).toContain("expected values of In and NotIn");
  }
}

/** Tests of a scene whose policies are in force. */
export function describeMigrationPolicies(): void {
  describe("a RetrieverMigrationPolicy", () => {
    beforeAll(async () => {
      await ensure(admin, collection, policy);
      const loose = aMigration("probe", { cutover: { hold: false } });
      const probe = () => admin.ask(post(alice, `${migrations}?dryRun=All`, loose));
      await eventually("the policy is seen", async () => (await probe()) !== allowed);
    });
    afterAll(() => admin.remove(path));

    it.each(refused)("refuses what it doesn't let: %s", async (words, more, checklist) => {
      expect(await admin.ask(post(alice, migrations, aMigration("refused", more, checklist)))).toContain(words);
    });

    it("lets what is within it, and a host below its own", async () => {
      expect(await admin.ask(post(alice, migrations, aMigration("within")))).toBe(allowed);
      for (const [name, host] of [
        ["below", "a.Bank.Example"],
        ["by-address", "[fd00::1]"],
      ] as const) {
        const there = { destination: { ...qdrant, url: `https://${host}:6333` } };
        expect(await admin.ask(post(alice, migrations, aMigration(name, there)))).toBe(allowed);
      }
      const loosened = { spec: { cutover: { hold: false } } };
      expect(await admin.ask(patch(alice, `${migrations}/within`, loosened))).toContain("cutover.hold: expected true");
    });

    it("asks the hold of what was a rehearsal, once it is to move traffic", moveRehearsal);

    it("lets what names neither approvals nor a window: both are then asked as the policy says", leaveUnnamed);

    it("keeps nobody from an Abort or Rollback, nor from changes of what it doesn't speak of, of one that it refuses", async () => {
      const late = patch(alice, path, { spec: { destinations: { hosts: ["elsewhere"] } } });
      expect(await admin.ask({ ...late, as: { name: "root", groups: ["system:masters"] } })).toBe(allowed);
      const probe = () => admin.ask(post(alice, `${migrations}?dryRun=All`, aMigration("probe")));
      await eventually("the change is seen", async () => (await probe()).includes("expected one of elsewhere"));
      const longer = { spec: { guard: { duration: "30h" } } };
      expect(await admin.ask(patch(alice, `${migrations}/within`, longer))).toBe(allowed);
      for (const act of ["Abort", "Rollback"]) {
        const body = {
          apiVersion: "retriever.dev/v1alpha1",
          kind: "MigrationAct",
          metadata: { generateName: "act-" },
          spec: { migration: { name: "within" }, act, actor: "alice" },
        };
        expect(await admin.ask(post(alice, `${crs}/migrationacts`, body))).toBe(allowed);
      }
      expect(await admin.ask({ as: alice, method: "DELETE", path: `${migrations}/within` })).toBe(allowed);
    });

    it("is no concern of other namespaces", speakOfOthers);
    it(
      "isn't taken where its selector has values to compare and none to compare with, or the other way round",
      selectNobody,
    );
  });
}
