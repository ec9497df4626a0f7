// What every Cluster must keep: the one in memory, and the adapter on any API server.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { ObjectVersion, OverlayIntent } from "#core/model/workload.ts";
import { makeActPick } from "#core/people/turns.ts";
import type { Cluster, RawMigration } from "#ports/cluster.ts";
import { aStatus } from "./builders/migration.ts";
import { searchSpec } from "./builders/search-app.ts";

/** A cluster with an empty namespace, and what a user does in it. Names within it are the tests' own. */
export type ClusterHarness = {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly createMigration: (name: string, spec: unknown) => Promise<void>;
  /** Changes an annotation or the like: a new resource version, nothing else. */
  readonly touchMigration: (name: string) => Promise<void>;
  readonly deleteMigration: (name: string) => Promise<void>;
  readonly createAct: (name: string, spec: unknown) => Promise<void>;
  /** A Deployment whose config directory projects `<name>-retriever` and, optionally, the overlay, with these pods. */
  readonly createApp: (name: string, pods: readonly string[]) => Promise<void>;
  readonly deletePod: (name: string) => Promise<void>;
  /** Writes a key of a ConfigMap, creating it when needed, as a manager of this name. */
  readonly writeConfigMap: (name: string, data: Readonly<Record<string, string>>, manager: string) => Promise<void>;
  readonly deleteConfigMap: (name: string) => Promise<void>;
  readonly events: () => Promise<readonly { readonly reason: string; readonly type: string; readonly count: number }[]>;
  readonly close: () => Promise<void>;
};

const intent: OverlayIntent = { migrationUid: "u-1", epoch: 1, rollback: null };

/** Registers the suite under a title. Each run needs a namespace of its own. */
export function describeClusterContract(title: string, open: () => Promise<ClusterHarness>): void {
  describe(`${title} keeps the promises of a cluster:`, () => {
    let harness: ClusterHarness;
    const { signal } = new AbortController();
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    const read = async (name: string): Promise<RawMigration> => {
      const raw = await harness.cluster.readMigration({ namespace: harness.namespace, name }, signal);
      if (raw === undefined) throw new Error(`no migration ${name}`);
      return raw;
    };
    const created = async (name: string, target = `${name}-app`): Promise<MigrationMeta> => {
      await harness.createMigration(name, { ...searchSpec, target: { name: target } });
      return (await read(name)).meta;
    };
    const target = (name: string) => ({ namespace: harness.namespace, name });
    const overlayOf = (name: string) =>
      harness.cluster.readConfigMap(harness.namespace, `${name}-retriever-migration`, signal);

    test("what doesn't exist is read as absent", async () => {
      const { cluster, namespace } = harness;
      expect(await cluster.readMigration({ namespace, name: "absent" }, signal)).toBeUndefined();
      expect(await cluster.readWorkload(namespace, "absent", signal)).toBeUndefined();
      expect(await cluster.readConfigMap(namespace, "absent", signal)).toBeUndefined();
      expect(await cluster.listPods(namespace, "app=absent", signal)).toEqual([]);
      expect(await cluster.readNamespaceTerminating(namespace, signal)).toBe(false);
      const nobody = { namespace, name: "absent", uid: "absent" } as MigrationMeta;
      expect(await cluster.listPolicies(nobody, signal)).toEqual([]);
    });

    test("a created migration is listed and read with its version and uid", async () => {
      const meta = await created("born");
      expect(await harness.cluster.listMigrations(signal)).toContainEqual({
        namespace: harness.namespace,
        name: "born",
      });
      expect(meta).toMatchObject({ name: "born", deleting: false, finalizers: [], generation: 1 });
      expect([meta.uid, meta.resourceVersion]).not.toContain("");
      expect((await read("born")).spec).toMatchObject({ target: { name: "born-app" } });
    });

    test("a status written over the version read is there; over an older one it is a conflict", async () => {
      const meta = await created("written");
      const version = await harness.cluster.writeStatus(meta, aStatus({ message: "first" }), signal);
      expect(version).not.toBe(meta.resourceVersion);
      expect(await read("written")).toMatchObject({ meta: { resourceVersion: version }, status: { message: "first" } });
      const late = harness.cluster.writeStatus(meta, aStatus({ message: "late" }), signal);
      await expect(late).rejects.toMatchObject({ code: "ROP_CONFLICT" });
      expect(await read("written")).toMatchObject({ status: { message: "first" } });
    });

    test("a status replaces the old one whole", async () => {
      const meta = await created("replaced");
      const acks = { pods: 1, matched: 1, lagging: [], lost: [] };
      const resourceVersion = await harness.cluster.writeStatus(meta, aStatus({ acks }), signal);
      await harness.cluster.writeStatus({ ...meta, resourceVersion }, aStatus({ message: "next" }), signal);
      expect((await read("replaced")).status).not.toHaveProperty("acks");
    });

    test("a status of a migration that somebody touched or deleted is refused", async () => {
      const meta = await created("touched");
      await harness.touchMigration("touched");
      await expect(harness.cluster.writeStatus(meta, aStatus(), signal)).rejects.toMatchObject({
        code: "ROP_CONFLICT",
      });
      await harness.deleteMigration("touched");
      await expect(harness.cluster.writeStatus(meta, aStatus(), signal)).rejects.toMatchObject({
        code: "ROP_NOT_FOUND",
      });
    });

    test("a finalizer holds a deletion until it is taken; taking and adding twice is once", async () => {
      const meta = await created("held");
      await harness.cluster.addFinalizer(meta, signal);
      await harness.cluster.addFinalizer(meta, signal);
      await harness.deleteMigration("held");
      expect((await read("held")).meta).toMatchObject({ deleting: true, finalizers: ["retriever.dev/settle"] });
      await harness.cluster.removeFinalizer(meta, signal);
      await harness.cluster.removeFinalizer(meta, signal);
      expect(
        await harness.cluster.readMigration({ namespace: harness.namespace, name: "held" }, signal),
      ).toBeUndefined();
    });

    test("an applied overlay carries text, intent and finalizer, and belongs to nobody else", async () => {
      await harness.cluster.applyOverlay(target("fresh"), { text: '{"a":1}', intent, force: false }, signal);
      await harness.cluster.applyOverlay(target("fresh"), { text: '{"a":2}', intent, force: false }, signal);
      expect(await overlayOf("fresh")).toMatchObject({
        data: { "migration.json": '{"a":2}' },
        annotations: { "retriever.dev/intent": JSON.stringify(intent) },
        finalizers: ["retriever.dev/overlay"],
        deleting: false,
        foreignManagers: [],
      });
    });

    test("an overlay that another manager wrote is named, refused, and taken over only by force", async () => {
      await harness.cluster.applyOverlay(target("fought"), { text: '{"a":1}', intent, force: false }, signal);
      await harness.writeConfigMap(
        "fought-retriever-migration",
        { "migration.json": '{"foreign":true}' },
        "argocd-controller",
      );
      expect((await overlayOf("fought"))?.foreignManagers).toEqual(["argocd-controller"]);
      const polite = harness.cluster.applyOverlay(target("fought"), { text: '{"a":2}', intent, force: false }, signal);
      await expect(polite).rejects.toMatchObject({
        code: "ROP_FIELD_CONFLICT",
        details: { managers: ["argocd-controller"] },
      });
      await harness.cluster.applyOverlay(target("fought"), { text: '{"a":3}', intent, force: true }, signal);
      expect(await overlayOf("fought")).toMatchObject({ data: { "migration.json": '{"a":3}' }, foreignManagers: [] });
    });

    test("an overlay is taken over as it was read, or not at all", async () => {
      const name = "restored-retriever-migration";
      const takeOver = async (over = harness.cluster.readConfigMap(harness.namespace, name, signal)) =>
        harness.cluster.applyOverlay(
          target("restored"),
          { text: '{"a":2}', intent, force: true, over: (await over)?.version as ObjectVersion },
          signal,
        );
      await harness.writeConfigMap(name, { "migration.json": '{"a":1}' }, "velero-server");
      const seen = await overlayOf("restored");
      await harness.writeConfigMap(name, { "migration.json": '{"a":0}' }, "velero-server");
      await expect(takeOver(Promise.resolve(seen))).rejects.toMatchObject({ code: "ROP_CONFLICT" });
      expect(await overlayOf("restored")).toMatchObject({ data: { "migration.json": '{"a":0}' } });
      await takeOver();
      expect(await overlayOf("restored")).toMatchObject({ data: { "migration.json": '{"a":2}' }, foreignManagers: [] });
    });

    test("an overlay is abandoned in place, or removed; what is gone stays gone", async () => {
      await harness.cluster.applyOverlay(target("left"), { text: "{}", intent, force: false }, signal);
      await harness.cluster.releaseOverlay(target("left"), false, signal);
      expect(await overlayOf("left")).toMatchObject({ data: { "migration.json": "{}" }, finalizers: [] });
      await harness.cluster.releaseOverlay(target("left"), true, signal);
      expect(await overlayOf("left")).toBeUndefined();
      await harness.cluster.releaseOverlay(target("left"), true, signal);
    });

    test("an overlay deleted by hand stays until it is released, and can be written meanwhile", async () => {
      await harness.cluster.applyOverlay(target("deleted"), { text: '{"a":1}', intent, force: false }, signal);
      await harness.deleteConfigMap("deleted-retriever-migration");
      expect(await overlayOf("deleted")).toMatchObject({ deleting: true, data: { "migration.json": '{"a":1}' } });
      await harness.cluster.applyOverlay(target("deleted"), { text: '{"a":2}', intent, force: true }, signal);
      expect(await overlayOf("deleted")).toMatchObject({ deleting: true, data: { "migration.json": '{"a":2}' } });
      await harness.cluster.releaseOverlay(target("deleted"), false, signal);
      expect(await overlayOf("deleted")).toBeUndefined();
    });

    test("a workload tells its sidecar, its sources and its pods, which take an annotation", async () => {
      await harness.createApp("shop", ["shop-0", "shop-1"]);
      const workload = await harness.cluster.readWorkload(harness.namespace, "shop", signal);
      expect(workload).toMatchObject({ hasSidecar: true, usesSubPath: false, replicas: 2 });
      expect(workload?.configSources).toMatchObject([
        { configMap: "shop-retriever", optional: false },
        { configMap: "shop-retriever-migration", optional: true },
      ]);
      const podsOf = () => harness.cluster.listPods(harness.namespace, workload?.selector ?? "", signal);
      expect(
        (await podsOf()).map(({ name, annotatedEpoch, terminating }) => ({ name, annotatedEpoch, terminating })),
      ).toEqual([
        { name: "shop-0", annotatedEpoch: 0, terminating: false },
        { name: "shop-1", annotatedEpoch: 0, terminating: false },
      ]);
      await harness.cluster.annotatePod(harness.namespace, "shop-1", 7, signal);
      expect((await podsOf()).map(({ annotatedEpoch }) => annotatedEpoch)).toEqual([0, 7]);
      await harness.deletePod("shop-0");
      await expect(harness.cluster.annotatePod(harness.namespace, "shop-0", 7, signal)).rejects.toMatchObject({
        code: "ROP_NOT_FOUND",
      });
    });

    const actsOn = async (meta: MigrationMeta) => {
      const pick = makeActPick(aStatus(), Date.now());
      const { acts, isWhole } = await harness.cluster.listActs(meta, pick, signal);
      return { isWhole, acts: acts.filter(({ misfit }) => misfit === undefined) };
    };

    test("the acts on a migration are its own, by name and uid, until they are deleted", async () => {
      const meta = await created("acted");
      const act = { migration: { name: "acted", uid: meta.uid }, act: "Pause", actor: "user-a", reason: "lunch" };
      await harness.createAct("pause-it", act);
      await harness.createAct("of-another", { ...act, migration: { name: "acted", uid: "other-uid" } });
      const { acts, isWhole } = await actsOn(meta);
      expect(isWhole).toBe(true);
      expect(acts).toMatchObject([
        { name: "pause-it", act: "Pause", actor: "user-a", reason: "lunch", planHash: null, expiresAt: null },
      ]);
      for (const act of acts) {
        await harness.cluster.ownAct(meta, act, signal);
        expect((await actsOn(meta)).acts[0]?.ownerless).toBeUndefined();
        await harness.cluster.deleteAct(meta, { ...act, uid: "another" }, signal);
        expect((await actsOn(meta)).acts).toHaveLength(1);
        await harness.cluster.deleteAct(meta, act, signal);
        await harness.cluster.deleteAct(meta, act, signal);
        await harness.cluster.ownAct(meta, act, signal);
      }
      expect((await actsOn(meta)).acts).toEqual([]);
    });

    test("an approval and a waiver tell their role, check and plan", async () => {
      const meta = await created("agreed");
      const on = { migration: { name: "agreed", uid: meta.uid }, actor: "user-a" };
      await harness.createAct("a-yes", { ...on, act: "Approve", role: "sre-on-call", planHash: "0123456789abcdef" });
      await harness.createAct("b-waive", { ...on, act: "Waive", check: "parity", reason: "compared by hand" });
      expect((await actsOn(meta)).acts).toMatchObject([
        { act: "Approve", role: "sre-on-call", planHash: "0123456789abcdef" },
        { act: "Waive", check: "parity", reason: "compared by hand" },
      ]);
    });

    test("identity isn't proved while nobody has installed the policy", async () => {
      expect(await harness.cluster.readActIdentityProved(signal)).toBe(false);
    });

    test("the claims on a target are those of the other migrations", async () => {
      const first = await created("claim-a", "claimed");
      const second = await created("claim-b", "claimed");
      await created("claim-c", "unclaimed");
      await harness.cluster.writeStatus(first, aStatus({ planHash: "abc" }), signal);
      expect(await harness.cluster.listClaims(harness.namespace, "claimed", second.uid, signal)).toMatchObject([
        { name: "claim-a", uid: first.uid, phase: "Pending", accepted: true, settled: false, planHash: "abc" },
      ]);
    });

    test("a claim says which migration comes after it", async () => {
      const { cluster, namespace } = harness;
      const guard = { onPassed: "RepointShadow", next: "comes-after" };
      await harness.createMigration("comes-first", { ...searchSpec, target: { name: "in-turn" }, guard });
      const meta = await created("comes-after", "in-turn");
      expect(await cluster.listClaims(namespace, "in-turn", meta.uid, signal)).toMatchObject([{ next: "comes-after" }]);
    });

    test("the same message twice is one event that counts two", async () => {
      const meta = await created("told");
      const announcement = { type: "Warning", reason: "TestOfContract", message: "Act.", severity: "page" } as const;
      await harness.cluster.announce(meta, announcement, signal);
      await harness.cluster.announce(meta, announcement, signal);
      const events = (await harness.events()).filter(({ reason }) => reason === "TestOfContract");
      expect(events).toMatchObject([{ type: "Warning", count: 2 }]);
    });
  });
}
