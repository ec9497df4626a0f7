// The chart's admission policies on a real API server: what they refuse, with which words, and what they let pass.
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import type { KubeCall, User } from "#support/kube/client.ts";
import { ensure } from "#support/kube/definitions.ts";
import { describeAccounts } from "./account-policies.ts";
import { describeJobs } from "./job-policies.ts";
import { describeMigrationPolicies } from "./migration-policies.ts";
import { describeOverlays } from "./overlay-policies.ts";
import { describePods } from "./pod-policies.ts";
import {
  alice,
  allowed,
  applyType,
  bob,
  carol,
  operator,
  patch,
  post,
  printOverlay,
  rule,
  scene,
} from "./policy-scene.ts";

const { admin, core, crs, apps, grant } = scene;

beforeAll(async () => {
  const approve = [rule(["retriever.dev"], ["retrievermigrations/approve-sre-on-call"], ["create"])];
  await grant("alice", approve, [{ kind: "User", name: "alice", apiGroup: "rbac.authorization.k8s.io" }]);
});

function migration(requestedBy: string): object {
  return {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "RetrieverMigration",
    metadata: { name: "docs" },
    spec: {
      target: { name: "search-api" },
      requestedBy,
      checklist: { approvals: { fourEyes: true, roles: [{ name: "sre-on-call" }] } },
      destination: { kind: "qdrant", url: "https://q:6333", collection: "c", apiKey: { fromEnv: "RETRIEVER_CRED_Q" } },
    },
  };
}

const uidLabel = "retriever.dev/migration-uid";
const ofLabel = "metadata.labels: expected retriever.dev/migration-uid";
function act(as: User, spec: object, metadata: object = { labels: { [uidLabel]: "u" } }): KubeCall {
  const body = {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "MigrationAct",
    metadata: { generateName: "act-", ...metadata },
    spec: { migration: { name: "unborn", uid: "u" }, planHash: "p", ...spec },
  };
  return post(as, `${crs}/migrationacts`, body);
}

describe("who acts", () => {
  it("a migration is requested by whoever creates it or changes its spec, and by nobody who only changes its labels", async () => {
    const path = `${crs}/retrievermigrations`;
    expect(await admin.ask(post(alice, path, migration("bob")))).toContain("expected the requesting user alice");
    expect(await admin.ask(post(bob, path, migration("bob")))).toBe(allowed);
    const other = { spec: { requestedBy: "carol" } };
    expect(await admin.ask(patch(alice, `${path}/docs`, other))).toContain("got carol");
    expect(await admin.ask(patch(alice, `${path}/docs`, { metadata: { labels: { a: "b" } } }))).toBe(allowed);
    const another = { guard: { duration: "1h" } };
    for (const spec of [another, { ...another, requestedBy: "bob" }])
      expect(await admin.ask(patch(alice, `${path}/docs`, { spec }))).toContain(
        "who creates the migration or changes its spec, got",
      );
    const off = { checklist: { approvals: { fourEyes: false } } };
    expect(await admin.ask(patch(alice, `${path}/docs`, { spec: off }))).toContain("got bob");
    expect(await admin.ask(patch(alice, `${path}/docs`, { spec: { ...off, requestedBy: null } }))).toContain(
      "got none",
    );
    expect(await admin.ask(patch(alice, `${path}/docs`, { spec: { ...another, requestedBy: "alice" } }))).toBe(allowed);
  });

  it("whoever has the right to it names another, as the account of a GitOps controller does", async () => {
    const path = `${crs}/retrievermigrations`;
    const git: User = { name: "system:serviceaccount:flux:apply", groups: ["people"] };
    const other = { ...migration("bob"), metadata: { name: "from-git" } };
    expect(await admin.ask(post(git, path, other))).toContain("expected the requesting user");
    const right = rule(["retriever.dev"], ["retrievermigrations/request-for-others"], ["create"]);
    await grant("git", [right], [{ kind: "User", name: git.name, apiGroup: "rbac.authorization.k8s.io" }]);
    await eventually("the grant is seen", async () => (await admin.ask(post(git, path, other))) === allowed);
    expect(await admin.ask(patch(git, `${path}/from-git`, { spec: { guard: { duration: "1h" } } }))).toBe(allowed);
    expect(await admin.ask(patch(git, `${path}/from-git`, { spec: { requestedBy: null } }))).toContain(
      "expected the requesting user",
    );
  });

  it("an act names a migration by its own name and UID; an Abort or Rollback is never refused for that", async () => {
    const uid = (await admin.get(`${crs}/retrievermigrations/docs`))?.metadata.uid ?? "";
    const on = (name: string, meant: string, kind = "Pause") =>
      act(alice, { act: kind, actor: "alice", migration: { name, uid: meant } }, { labels: { [uidLabel]: meant } });
    const isRefused = async (call: KubeCall) => (await admin.ask(call)).includes("has the UID");
    await eventually("the API server knows the migration", () => isRefused(on("docs", "u")));
    expect(await isRefused(on("unborn", uid))).toBe(true);
    expect(await admin.ask(on("docs", uid))).toBe(allowed);
    expect(await admin.ask(on("docs", "u", "Rollback"))).toBe(allowed);
  });

  it("an act is its actor's own", async () => {
    const spec = { act: "Approve", role: "sre-on-call" };
    expect(await admin.ask(act(alice, { ...spec, actor: "bob" }))).toContain(
      "spec.actor: expected the requesting user alice",
    );
    expect(await admin.ask(act(alice, { ...spec, actor: "alice" }))).toBe(allowed);
  });

  it("an act is labelled with the UID it names, and owned by no other migration; an Abort or Rollback needs no label", async () => {
    const pause = { act: "Pause", actor: "alice" };
    const owner = { apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration", name: "unborn", uid: "u" };
    const labels = { [uidLabel]: "u" };
    const refusals = [
      act(alice, pause, {}),
      act(alice, pause, { labels: { [uidLabel]: "another" } }),
      act(alice, { act: "Rollback", actor: "alice" }, { labels: { [uidLabel]: "another" } }),
    ];
    for (const call of refusals) expect(await admin.ask(call)).toContain(ofLabel);
    const foreign = [
      { ...owner, name: "other" },
      { ...owner, uid: "other" },
    ];
    for (const one of foreign)
      expect(await admin.ask(act(alice, pause, { labels, ownerReferences: [one] }))).toContain(
        "metadata.ownerReferences: expected",
      );
    expect(await admin.ask(act(alice, pause, { name: "labelled", labels, ownerReferences: [owner] }))).toBe(allowed);
    expect(await admin.ask(act(alice, { act: "Rollback", actor: "alice" }, {}))).toBe(allowed);
    const byName = { act: "Abort", actor: "alice", migration: { name: "docs" } };
    expect(await admin.ask(act(alice, byName, {}))).toBe(allowed);
    expect(await admin.ask(act(alice, { ...pause, migration: { name: "docs" } }))).toContain("migration.uid");
    const relabel = (label: string | null) =>
      patch(alice, `${crs}/migrationacts/labelled`, { metadata: { labels: { [uidLabel]: label } } });
    for (const label of ["another", null]) expect(await admin.ask(relabel(label))).toContain(ofLabel);
  });

  it.each([
    [
      "another role",
      alice,
      { act: "Approve", role: "product-owner", actor: "alice" },
      "retrievermigrations/approve-product-owner",
    ],
    [
      "nobody's role",
      bob,
      { act: "Approve", role: "sre-on-call", actor: "bob" },
      "retrievermigrations/approve-sre-on-call",
    ],
    [
      "a denial in another role",
      alice,
      { act: "Deny", role: "product-owner", planHash: "0123456789abcdef", reason: "no", actor: "alice" },
      "retrievermigrations/approve-product-owner",
    ],
    ["a Promote", alice, { act: "Promote", actor: "alice" }, "retrievermigrations/promote"],
    ["a Retry", alice, { act: "Retry", actor: "alice" }, "retrievermigrations/retry"],
    ["a CompleteGuard", alice, { act: "CompleteGuard", reason: "thin", actor: "alice" }, "retrievermigrations/promote"],
  ])("%s needs a right of its own", async (_, user, spec, right) => {
    expect(await admin.ask(act(user, spec))).toContain(`${user.name} may not create ${right}`);
  });
});

/** What is neither its count nor its time. */
const otherEvents = [
  { message: "n" },
  { reason: "Other" },
  { type: "Warning" },
  { action: "Other" },
  { reportingComponent: "kubelet" },
  { related: { kind: "Pod", name: "p" } },
  { metadata: { labels: { a: "b" } } },
  { metadata: { annotations: { a: "b" } } },
  { metadata: { finalizers: ["a.b/c"] } },
];

describe("the operator's account on events and migrations", () => {
  const event = (kind: string, component: string) => ({
    metadata: { name: `event-${kind.toLowerCase()}-${component}` },
    involvedObject: { apiVersion: "retriever.dev/v1alpha1", kind, name: "docs", namespace: core.split("/")[4] },
    source: { component },
    reason: "Held",
    message: "m",
    type: "Normal",
  });

  it("writes events of migrations, and changes nothing in one but its count and time", async () => {
    const events = `${core}/events`;
    expect(await admin.ask(post(operator, events, event("Pod", "retriever-operator")))).toContain(
      "events of migrations",
    );
    expect(await admin.ask(post(operator, events, event("RetrieverMigration", "kubelet")))).toContain("from itself");
    const own = event("RetrieverMigration", "retriever-operator");
    expect(await admin.ask(post(operator, events, own))).toBe(allowed);
    const path = `${events}/${own.metadata.name}`;
    expect(await admin.ask(patch(operator, path, { count: 2 }))).toBe(allowed);
    for (const change of otherEvents)
      expect(await admin.ask(patch(operator, path, change))).toContain("of an event the operator may change");
    const theirs = { ...event("Pod", "kubelet"), metadata: { name: "theirs" } };
    await ensure(admin, events, theirs);
    expect(await admin.ask(patch(operator, `${events}/theirs`, { count: 9 }))).toContain("events of migrations");
  });

  it("changes of a migration its own finalizer, and neither creates nor deletes one", async () => {
    const path = `${crs}/retrievermigrations`;
    const finalizers = (names: readonly string[]) =>
      patch(operator, `${path}/docs`, { metadata: { finalizers: names } });
    expect(await admin.ask(finalizers(["retriever.dev/settle"]))).toBe(allowed);
    expect(await admin.ask(finalizers([]))).toBe(allowed);
    const refused = "may change its own finalizer";
    expect(await admin.ask(finalizers(["other.dev/x"]))).toContain(refused);
    const labels = { metadata: { labels: { c: "d" } } };
    expect(await admin.ask(patch(operator, `${path}/docs`, labels))).toContain(refused);
    const hold = { spec: { cutover: { hold: false } } };
    expect(await admin.ask(patch(operator, `${path}/docs`, hold))).toMatch(/own finalizer|the requesting user/);
    expect(await admin.ask({ as: operator, method: "DELETE", path: `${path}/docs` })).toContain(refused);
    const other = { ...migration(operator.name), metadata: { name: "made-by-operator" } };
    expect(await admin.ask(post(operator, path, other))).toContain(refused);
  });
});

describe("the operator's account on pods", () => {
  const pod = `${core}/pods/p`;
  const annotate = (annotations: object) => patch(operator, pod, { metadata: { annotations } });

  beforeAll(async () => {
    const spec = { automountServiceAccountToken: false, containers: [{ name: "c", image: "c:1" }] };
    await ensure(admin, `${core}/pods`, { metadata: { name: "p", annotations: { x: "1" }, labels: { a: "b" } }, spec });
  });

  it("may set and take one annotation", async () => {
    for (const epoch of ["3", "4", null, null])
      expect(await admin.ask(annotate({ "retriever.dev/config-epoch": epoch }))).toBe(allowed);
  });

  it.each([
    ["another annotation", { x: "2" }],
    ["less annotations", { x: null }],
  ])("may not set %s", async (_, annotations) => {
    expect(await admin.ask(annotate(annotations))).toContain("of a pod's annotations the operator may change");
  });

  it.each([
    ["labels", { metadata: { labels: { c: "d" } } }],
    ["finalizers", { metadata: { finalizers: ["a.b/c"] } }],
    ["owners", { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }] } }],
    ["the image", { spec: { containers: [{ name: "c", image: "c:2" }] } }],
  ])("may not change %s", async (_, body) => {
    expect(await admin.ask(patch(operator, pod, body))).toContain(
      "of a pod the operator may change one annotation and nothing else",
    );
  });

  it("may neither create nor delete one", async () => {
    expect(await admin.ask({ as: operator, method: "DELETE", path: pod })).toContain("not create or delete");
  });
});

/** The overlay as the operator applies it. */
function overlay(epoch: number, frozen: boolean): KubeCall {
  const name = "search-api-retriever-migration";
  const labels = { "retriever.dev/overlay": "true", ...(frozen ? { "retriever.dev/frozen": "true" } : {}) };
  const annotations = frozen ? { "retriever.dev/frozen-base": "base" } : {};
  const data = { "migration.json": printOverlay(epoch) };
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels, annotations }, data };
  const path = `${core}/configmaps/${name}?fieldManager=retriever-operator&force=true`;
  return { as: operator, method: "PATCH", path, body, contentType: applyType };
}

// The API server reads policies and their parameters by watches of its own; on a busy machine they may lag.
describe("the deploy freeze", { timeout: 150_000 }, () => {
  const image = (as: User, name: string, tag: string): KubeCall => ({
    ...patch(as, `${apps}/${name}`, {
      spec: { template: { spec: { containers: [{ name: "c", image: `c:${tag}` }] } } },
    }),
    contentType: "application/strategic-merge-patch+json",
  });

  beforeAll(async () => {
    for (const name of ["search-api", "other"]) {
      const template = { metadata: { labels: { a: name } }, spec: { containers: [{ name: "c", image: "c:1" }] } };
      const spec = { replicas: 0, selector: { matchLabels: { a: name } }, template };
      await ensure(admin, apps, { metadata: { name }, spec });
    }
    await ensure(admin, `${core}/configmaps`, { metadata: { name: "base" }, data: { a: "b" } });
  });

  it("binds the target's pods and its base while it lasts, and nothing else", async () => {
    expect(await admin.ask(image(alice, "search-api", "2"))).toBe(allowed);
    expect(await admin.ask(overlay(10, true))).toBe(allowed);
    let answer = "";
    let tries = 0;
    await eventually(
      "the freeze is seen",
      async () => {
        // One that was let in a moment too early changes nothing when it is asked again, and is never refused.
        tries += 1;
        answer = await admin.ask(image(alice, "search-api", `3.${tries}`));
        return answer.includes("are frozen while its migration cuts over");
      },
      { describe: async () => answer },
    );
    const base = `${core}/configmaps/base`;
    expect(await admin.ask(patch(alice, base, { data: { a: "c" } }))).toContain("is frozen while the migration behind");
    expect(await admin.ask({ as: alice, method: "DELETE", path: base })).toContain(
      "is frozen while the migration behind",
    );
    expect(await admin.ask(patch(alice, base, { metadata: { labels: { q: "r" } } }))).toBe(allowed);
    expect(await admin.ask(patch(alice, `${apps}/search-api`, { spec: { replicas: 1 } }))).toBe(allowed);
    expect(await admin.ask(image(alice, "other", "3"))).toBe(allowed);
    expect(await admin.ask(image(carol, "search-api", "4"))).toBe(allowed);
    expect(await admin.ask(overlay(11, false))).toBe(allowed);
    await eventually("the thaw is seen", async () => (await admin.ask(image(alice, "search-api", "5"))) === allowed);
    expect(await admin.ask(patch(alice, base, { data: { a: "c" } }))).toBe(allowed);
  });
});

describeMigrationPolicies();
describeOverlays();
describePods();
describeAccounts();
describeJobs();
