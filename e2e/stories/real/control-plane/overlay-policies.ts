// Who may write an overlay, and what may stand in it: tests of the chart's policies on a real API server,
// registered by policies.test.ts.
import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import type { KubeCall, User } from "#support/kube/client.ts";
import { ensure } from "#support/kube/definitions.ts";
import { alice, allowed, carol, operator, patch, post, printOverlay, root, scene } from "./policy-scene.ts";

const { admin, core, apps } = scene;
const maps = `${core}/configmaps`;
const refused = "only the operator and break-glass";
const overlayLabels = { "retriever.dev/overlay": "true" };
const collector: User = {
  name: "system:serviceaccount:kube-system:generic-garbage-collector",
  groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system"],
};

/** Without data: what another policy refuses as well may be told by either. */
const create = (as: User, name: string, labels: object = {}, data: object = {}): KubeCall =>
  post(as, maps, { metadata: { name, labels }, data });
const remove = (as: User, name: string): KubeCall => ({ as, method: "DELETE", path: `${maps}/${name}` });
const relabel = (as: User, name: string, labels: object): KubeCall =>
  patch(as, `${maps}/${name}`, { metadata: { labels } });

const strangers: readonly (readonly [string, KubeCall])[] = [
  ["creates an overlay by its label", create(alice, "x-retriever-migration", overlayLabels)],
  ["creates an overlay by its label, with every right there is", create(root, "x-retriever-migration", overlayLabels)],
  ["creates evidence", create(alice, "docs-evidence-001", { "retriever.dev/evidence": "u" })],
  ["creates a report", create(alice, "docs-report", { "retriever.dev/report": "u" })],
  ["creates differences", create(alice, "docs-drift", { "app.kubernetes.io/managed-by": "retriever-operator" })],
  ["freezes a Deployment", create(alice, "other-retriever-migration", { "retriever.dev/frozen": "true" })],
  ["freezes by a map of its own", relabel(alice, "mine", { "retriever.dev/frozen": "true" })],
  ["makes an overlay of a map of its own", relabel(alice, "mine", overlayLabels)],
  ["creates a target's overlay without a label", create(alice, "shop-api-retriever-migration")],
  ["takes an overlay's label off", relabel(alice, "old-retriever-migration", { "retriever.dev/overlay": null })],
  ["changes an overlay", patch(alice, `${maps}/old-retriever-migration`, { data: { a: null } })],
  [
    "takes an overlay's finalizers off",
    patch(root, `${maps}/old-retriever-migration`, { metadata: { finalizers: null } }),
  ],
  ["deletes an overlay", remove(alice, "old-retriever-migration")],
  ["deletes all ConfigMaps", { as: alice, method: "DELETE", path: maps }],
  [
    "passes for the garbage collector's writes",
    patch(collector, `${maps}/old-retriever-migration`, { data: { a: null } }),
  ],
];

const at = printOverlay;
const otherForms: readonly (readonly [string, string])[] = [
  ["as a power of ten", at(7).replace('"epoch": 7', '"epoch": 70e-1')],
  ["as a fraction", at(7).replace('"epoch": 7', '"epoch": 7.0')],
  ["as a text", at(7).replace('"epoch": 7', '"epoch": "7"')],
  ["twice in the revision", at(7).replace('"epoch": 7,', '"epoch": 7,\n    "epoch": 1,')],
  ["twice on a line", at(7).replace('"epoch": 7,', '"epoch": 7, "epoch": 1,')],
  ["in a second revision", at(7).replace("\n}\n", ',\n  "revision": {\n    "epoch": 1\n  }\n}\n')],
  ["in a second revision on a line", at(7).replace('"note"', '"revision": { "epoch": 1 }, "note"')],
  ["in a second revision by an escape", at(7).replace("\n}\n", ',\n  "revisio\\u006e": {\n    "epoch": 1\n  }\n}\n')],
  ["deeper", at(7).replace("\n}\n", ',\n      "revision": {\n    "epoch": 1\n  }\n}\n')],
  ["behind something else", at(7).replace('"schema": 1,', '"note": 1,\n  "schema": 1,')],
  ["on one line", JSON.stringify(JSON.parse(at(7)))],
  ["in no JSON", "epoch 7"],
];

const alone = "an overlay holds migration.json, as text, and no other key";
const high = at(2_000_000_001);
/** Where an overlay's text could stand unread, of a ConfigMap that the operator makes. */
const otherPlaces: readonly (readonly [string, string, object, object])[] = [
  ["without the overlay's label", "the epoch is at most 2000000000", {}, { data: { "migration.json": high } }],
  [
    "as bytes",
    alone,
    { labels: overlayLabels },
    { binaryData: { "migration.json": Buffer.from(high).toString("base64") } },
  ],
  ["as bytes without the label", alone, {}, { binaryData: { "migration.json": Buffer.from(high).toString("base64") } }],
  ["beside a base", alone, { labels: overlayLabels }, { data: { "migration.json": at(1), "retriever.yaml": "a: b" } }],
];

/** Tests of a scene whose policies are in force. */
export function describeOverlays(): void {
  beforeAll(async () => {
    for (const [name, container] of [
      ["shop-api", "retriever-sidecar"],
      ["plain", "app"],
    ] as const) {
      const template = { metadata: { labels: { a: name } }, spec: { containers: [{ name: container, image: "c:1" }] } };
      await ensure(admin, apps, {
        metadata: { name },
        spec: { replicas: 0, selector: { matchLabels: { a: name } }, template },
      });
    }
    await admin.ask(create(carol, "old-retriever-migration", overlayLabels, { a: "b" }));
    await admin.ask(create(alice, "mine"));
    await eventually("the API server knows the Deployments", async () =>
      (await admin.ask(create(alice, "shop-api-retriever-migration"))).includes(refused),
    );
  });

  describeWriters();
  describeText();
  it("and evidence and reports are all the operator writes", async () => {
    for (const name of ["docs-evidence-002", "docs-drift", "docs-report"])
      expect(await admin.ask(create(operator, name))).toBe(allowed);
    expect(await admin.ask(create(operator, "settings"))).toContain("the operator writes ConfigMaps");
  });
}

function describeWriters(): void {
  describe("whoever is neither an operator nor break-glass", () => {
    it.each(strangers)("is refused who %s", async (_, call) => {
      expect(await admin.ask(call)).toContain(refused);
    });

    it("hears by which it is refused: the label, or the name that a Deployment reads", async () => {
      expect(await admin.ask(create(alice, "x-retriever-migration", overlayLabels))).toContain(
        "ConfigMaps with the labels of retriever.dev are the operator's",
      );
      expect(await admin.ask(create(alice, "shop-api-retriever-migration"))).toContain(
        "shop-api-retriever-migration is the overlay of Deployment shop-api",
      );
    });

    it("has ConfigMaps of a similar name that no sidecar reads", async () => {
      for (const name of ["plain-retriever-migration", "nobodys-retriever-migration"]) {
        expect(await admin.ask(create(alice, name))).toBe(allowed);
        expect(await admin.ask(patch(alice, `${maps}/${name}`, { data: { a: "c" } }))).toBe(allowed);
        expect(await admin.ask(remove(alice, name))).toBe(allowed);
      }
    });
  });

  it("break-glass and the garbage collector come through", async () => {
    expect(await admin.ask(create(carol, "shop-api-retriever-migration", overlayLabels))).toBe(allowed);
    expect(await admin.ask(relabel(carol, "shop-api-retriever-migration", { "retriever.dev/overlay": null }))).toBe(
      allowed,
    );
    expect(await admin.ask(remove(carol, "shop-api-retriever-migration"))).toBe(allowed);
    expect(await admin.ask(create(carol, "docs-evidence-001", { "retriever.dev/evidence": "u" }))).toBe(allowed);
    expect(await admin.ask(remove(collector, "docs-evidence-001"))).toBe(allowed);
  });

  it("a namespace that goes takes its overlays along", async () => {
    const name = `going-${randomBytes(4).toString("hex")}`;
    const path = `/api/v1/namespaces/${name}`;
    await ensure(admin, "/api/v1/namespaces", { metadata: { name } });
    const metadata = { name: "x-retriever-migration", labels: overlayLabels, finalizers: ["retriever.dev/overlay"] };
    const glass: User = { name: "root", groups: ["system:masters", "retriever:break-glass"] };
    expect(await admin.ask(post(glass, `${path}/configmaps`, { metadata }))).toBe(allowed);
    const free = patch(root, `${path}/configmaps/${metadata.name}`, { metadata: { finalizers: null } });
    expect(await admin.ask(free)).toContain(refused);
    await admin.remove(path);
    await eventually("the finalizer may be taken off", async () => (await admin.ask(free)) === allowed);
    await eventually("the namespace is gone", async () => (await admin.get(path)) === undefined);
  });
}

function describeText(): void {
  describe("an overlay's text", () => {
    const path = `${maps}/shop-api-retriever-migration`;
    const write = (as: User, text: string | null) => admin.ask(patch(as, path, { data: { "migration.json": text } }));
    const own = "expected the operator's own form";

    beforeAll(async () => {
      await admin.ask(create(operator, "shop-api-retriever-migration", overlayLabels, {}));
    });

    it("never falls behind its epoch, but for break-glass", async () => {
      for (const epoch of [5, 6, 6]) expect(await write(operator, at(epoch))).toBe(allowed);
      expect(await write(operator, at(4))).toContain("the epoch never falls: expected at least 6, got 4");
      expect(await write(operator, null)).toContain("got none");
      expect(await write(alice, at(7))).toContain(refused);
      expect(await write(carol, at(4))).toBe(allowed);
      expect(await write(operator, at(6))).toBe(allowed);
    });

    it.each(otherForms)("isn't taken with an epoch %s", async (_, text) => {
      expect(text).not.toBe(at(7));
      expect(await write(operator, text)).toContain(own);
    });

    it("comes with a lower epoch where the operator takes the migration back, and with none that is made up", async () => {
      expect(await write(operator, at(2_000_000_001))).toContain("the epoch is at most 2000000000");
      expect(await write(carol, at(2_000_000_000))).toBe(allowed);
      expect(await write(operator, at(5, { note: '\n  "rollback": true' }))).toContain("never falls");
      expect(await write(operator, at(5, { rollback: true }))).toBe(allowed);
      // Whatever break-glass left there.
      expect(await write(carol, '{"revision":{"epoch":999999999999999}}')).toBe(allowed);
      expect(await write(operator, at(5, { rollback: true }))).toBe(allowed);
    });

    it.each(otherPlaces)("isn't taken %s", async (_, words, metadata, more) => {
      const body = { metadata: { name: "hidden-retriever-migration", ...metadata }, ...more };
      expect(await admin.ask(post(operator, maps, body))).toContain(words);
    });

    it("has no other key beside it, but for what somebody left there", async () => {
      const file = { "retriever.json": "{}" };
      const encoded = { "retriever.json": "e30=" };
      expect(await write(carol, at(6))).toBe(allowed);
      for (const more of [{ data: file }, { binaryData: encoded }])
        expect(await admin.ask(patch(operator, path, more))).toContain(alone);
      const rollback = { ...file, "migration.json": at(6, { rollback: true }) };
      expect(await admin.ask(patch(operator, path, { data: rollback }))).toContain(alone);
      expect(await admin.ask(patch(carol, path, { data: file }))).toBe(allowed);
      expect(await write(operator, at(7))).toBe(allowed);
      expect(await admin.ask(patch(operator, path, { data: { "retriever.json": "[]" } }))).toContain(alone);
      expect(await admin.ask(patch(operator, path, { data: { "retriever.json": null } }))).toBe(allowed);
    });

    it("isn't asked where the operator deletes the overlay, or changes its labels alone", async () => {
      expect(await admin.ask(relabel(operator, "shop-api-retriever-migration", { x: "y" }))).toBe(allowed);
      expect(await admin.ask(remove(operator, "shop-api-retriever-migration"))).toBe(allowed);
    });
  });
}
