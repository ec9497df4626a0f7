import { describe, expect, it } from "vitest";
import { aMigration, anObservation, aPod } from "#test/builders/world.ts";
import type { PodObservation } from "../model/workload.ts";
import { answeredStatuses, nameSome, servingPods, storeViews } from "./pods.ts";

const migration = aMigration().in("Guard").build();
const seen = (...pods: PodObservation[]) => anObservation(migration, {}, { pods: { ok: true, value: pods } });

describe("the pods that count", () => {
  const all = seen(
    aPod("serves").following(migration).build(),
    aPod("not-ready").following(migration).with({ ready: false }).build(),
    aPod("ends").following(migration).with({ terminating: true }).build(),
    aPod("starts").following(migration).with({ sidecarRunning: false }).build(),
    aPod("silent").following(migration).silent().build(),
  );

  it("serve while their sidecar runs and they don't end, ready or not", () => {
    expect(servingPods(all)?.map(({ name }) => name)).toEqual(["serves", "not-ready", "silent"]);
    expect(answeredStatuses(all)).toHaveLength(2);
    expect(storeViews(all, "source").map(({ store }) => store)).toEqual(["source", "source"]);
  });

  it("aren't known while they can't be listed, so nothing has answered", () => {
    const blind = anObservation(migration, {}, { pods: { ok: false, why: "timed out" } });
    expect([servingPods(blind), answeredStatuses(blind), storeViews(blind, "source")]).toEqual([null, [], []]);
  });
});

describe("names of pods", () => {
  it.each([
    [["a", "b"], undefined, "a, b"],
    [["a", "b", "c", "d", "e"], undefined, "a, b, c, d, e"],
    [["a", "b", "c", "d", "e", "f"], undefined, "a, b, c, d, e and 1 more"],
    [["a", "b", "c"], 1, "a and 2 more"],
  ])("%j, at most %s", (names, most, said) => {
    expect(nameSome(names, most)).toBe(said);
  });
});
