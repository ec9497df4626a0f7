import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { makeActPick } from "#core/people/turns.ts";
import { aStatus } from "#test/builders/migration.ts";
import { searchKey, searchSpec, seedSearchApp } from "#test/builders/search-app.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeSidecars } from "#test/fakes/fake-sidecars.ts";
import { makeSparingReads } from "./sparing-reads.ts";

const { signal } = new AbortController();
const pickOf = () => makeActPick(aStatus({}), 0);

function arrange() {
  const cluster = new FakeCluster();
  const clock = new FakeClock();
  seedSearchApp(cluster, new FakeSidecars());
  const meta = cluster.create(searchKey, searchSpec);
  const asked: string[] = [];
  const counting = new Proxy(cluster, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        asked.push(String(name));
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  const sparing = makeSparingReads(counting, clock);
  /** What a pass of a migration in such a phase asks of the API. */
  const pass = async (phase: Phase | undefined, key = searchKey) => {
    asked.length = 0;
    const { cluster: reader } = sparing.of(key, phase);
    await reader.readMigration(key, signal);
    await reader.listActs(meta, pickOf(), signal);
    await reader.listPods(key.namespace, "app=search-api", signal);
    await reader.listClaims(key.namespace, "search-api", meta.uid, signal);
    return [...asked];
  };
  return { cluster, clock, meta, sparing, pass };
}

type Sparing = ReturnType<typeof makeSparingReads>;
const all = ["readMigration", "listActs", "listPods", "listClaims"];

describe("reads that needn't be repeated", () => {
  test("aren't while they are young, each by its own age", async () => {
    const { clock, pass } = arrange();
    expect(await pass("Ramp")).toEqual(all);
    expect(await pass("Ramp")).toEqual([]);
    await clock.advance(9000);
    expect(await pass("Ramp")).toEqual(["listPods"]);
    await clock.advance(22_000);
    expect(await pass("Ramp")).toEqual(["readMigration", "listActs", "listPods"]);
    await clock.advance(100_000);
    expect(await pass("AwaitingCutover")).toEqual([]);
    await clock.advance(21_000);
    expect(await pass("AwaitingCutover")).toEqual(["listActs", "listPods"]);
  });

  test.each([undefined, "CuttingOver", "RollingBack", "VerifyingDrift"] as const)(
    "are in %s, where pods may serve from both stores",
    async (phase) => {
      const { pass } = arrange();
      for (let turn = 0; turn < 3; turn += 1) expect(await pass(phase)).toEqual(all);
    },
  );

  test("are after an event, and the rival claims of the whole namespace", async () => {
    const { sparing, pass } = arrange();
    const other = { namespace: "search", name: "other" };
    await pass("Ramp");
    await pass("Ramp", other);
    sparing.forget(searchKey);
    expect(sparing.phaseOf(searchKey)).toBeUndefined();
    expect(await pass("Ramp", other)).toEqual(["listClaims"]);
    expect(await pass("Ramp")).toEqual(all);
    sparing.forgetMigration(searchKey);
    expect(await pass("Ramp")).toEqual(["readMigration"]);
  });

  test("aren't in the pass after a live one that did nothing", async () => {
    const { sparing, pass } = arrange();
    await pass(undefined);
    sparing.noteLive(searchKey, "Ramp", true);
    expect(await pass(sparing.phaseOf(searchKey))).toEqual([]);
  });

  test.each([
    ["did something", (sparing: Sparing) => sparing.noteLive(searchKey, "Ramp", false)],
    [
      "was overtaken by an event",
      (sparing: Sparing) => {
        sparing.forget(searchKey);
        sparing.noteLive(searchKey, "Ramp", true);
      },
    ],
    ["led to a cutover", (sparing: Sparing) => sparing.noteLive(searchKey, "CuttingOver", true)],
    ["led to no other pass", (sparing: Sparing) => sparing.noteLive(searchKey, undefined, true)],
    ["never came to its end", () => undefined],
  ])("are in the pass after a live one that %s", async (_, end) => {
    const { sparing, pass } = arrange();
    await pass(undefined);
    end(sparing);
    expect(await pass(sparing.phaseOf(searchKey))).toEqual(all);
  });

  test("are when they failed", async () => {
    const { cluster, sparing, meta } = arrange();
    const { cluster: reader } = sparing.of(searchKey, "Ramp");
    cluster.failNext("listActs", new Error("down"), 1);
    await expect(reader.listActs(meta, pickOf(), signal)).rejects.toThrow("down");
    expect(await reader.listActs(meta, pickOf(), signal)).toEqual({ acts: [], isWhole: true });
  });

  test("are everything: a write goes through, and what is no read of the list is asked each time", async () => {
    const { cluster, sparing } = arrange();
    const { cluster: reader } = sparing.of(searchKey, "Ramp");
    await reader.annotatePod("search", "search-api-0", 3, signal);
    expect(cluster.pods[0]?.pod.annotatedEpoch).toBe(3);
  });
});
