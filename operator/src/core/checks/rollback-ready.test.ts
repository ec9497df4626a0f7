// Whether the source could take the traffic back.
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec } from "#test/builders/spec.ts";
import { fault, seeing as seenBy } from "#test/builders/store-views.ts";
import { aMigration, anObservation, aPod } from "#test/builders/world.ts";
import type { Observation } from "../model/observation.ts";
import { isRollbackPathClosed, judgeRollbackReady } from "./rollback-ready.ts";

const guarding = aMigration().in("Guard").build();
const seeing = (store: "source" | "destination", more: Partial<StoreStatus>, both = false): Observation =>
  seenBy(guarding, store, more, both);

describe("RollbackReady", () => {
  const judge = (observation: Observation, writes: "Both" | "SourceOnly" | "DestinationAfterCutover" = "Both") =>
    judgeRollbackReady(aSpec({ writes }), guarding.status, observation);

  it.each([
    ["SourceAnswers", {}],
    ["SourceFailing", { reachable: false, lastOkAgeSeconds: 16 }],
    ["SourceFailing", { authenticated: false, lastOkAgeSeconds: null, lastError: fault("RETR_X") }],
    ["SourceFailing", { exists: false, lastOkAgeSeconds: 20 }],
    ["SourceFailing", { tls: "failed", lastOkAgeSeconds: 20 }],
    ["SourceAnswers", { reachable: false, lastOkAgeSeconds: 15 }],
    ["SourceNotSeen", { reachable: false, lastOkAgeSeconds: 60, probeAgeSeconds: 16 }],
    ["SourceNotSeen", { lastOkAgeSeconds: null, probeAgeSeconds: null }],
    ["FreshnessUnknown", { newestUpdatedAt: null }],
    ["FreshnessUnknown", { newestUpdatedAt: "yesterday" }],
    ["SourceStale", { newestUpdatedAt: "2025-12-31T23:44:00.000Z" }],
    ["SourceAnswers", { newestUpdatedAt: "2025-12-31T23:45:00.000Z" }],
  ] satisfies [string, Partial<StoreStatus>][])("%s", (reason, view) => {
    const ready = judge(seeing("source", view, true));
    expect(ready.reason).toBe(reason);
    expect(isRollbackPathClosed(ready)).toBe(reason === "SourceFailing");
  });

  it("fails when most pods say so, with what they say; half of them are only named", () => {
    const broken = { reachable: false, lastOkAgeSeconds: 60, lastError: fault("RETR_X") };
    const all = judge(seeing("source", broken, true));
    expect(all).toMatchObject({ status: "False", reason: "SourceFailing" });
    expect(all.message).toContain("from 2 of 2 pods: because of RETR_X");
    const half = judge(seeing("source", broken));
    expect(half).toMatchObject({ status: "True", reason: "PodsCannotGoBack" });
    expect(half.message).toMatch(/; the source fails from pod-1: because of RETR_X$/);
  });

  it("names the store whose freshness isn't known", () => {
    expect(judge(seeing("destination", { newestUpdatedAt: null }, true)).message).toContain("of the destination");
  });

  it("says what a rollback would hide when not both stores are written to", () => {
    expect(judge(anObservation(guarding), "SourceOnly").message).toContain("nothing");
    expect(judge(anObservation(guarding), "DestinationAfterCutover")).toMatchObject({
      status: "True",
      reason: "StaleByDesign",
    });
  });

  it("is Unknown, which stops no rollback, when no sidecar answers", () => {
    const silent = anObservation(guarding, {}, { pods: { ok: true, value: [aPod().silent().build()] } });
    const ready = judge(silent);
    expect([ready.status, isRollbackPathClosed(ready)]).toEqual(["Unknown", false]);
  });
});

describe("the rollback path of a fleet", () => {
  const fleet = (saying: readonly Partial<SidecarStatus>[], silent = 0) => {
    const answering = saying.map((more, index) =>
      aPod(`pod-${index + 1}`)
        .following(guarding)
        .saying((status) => ({ ...status, ...more, config: { ...status.config, ...more.config } }))
        .build(),
    );
    const pods = [
      ...answering,
      ...Array.from({ length: silent }, (_, index) => aPod(`silent-${index}`).silent().build()),
    ];
    return judgeRollbackReady(
      aSpec(),
      guarding.status,
      anObservation(guarding, {}, { pods: { ok: true, value: pods } }),
    );
  };
  const ofGuarding = aPod("any").following(guarding).build().status;
  if (!ofGuarding.ok) throw new Error(ofGuarding.why);
  const said = ofGuarding.value;
  const fine = {};
  const changed = { config: { ...said.config, sourceChanged: true } };
  const elsewhere = { base: { ...sourceIdentity, digest: "0".repeat(32) } };
  const withoutAdapter = { stores: said.stores.filter(({ store }) => store !== "source") };
  const failing = {
    stores: said.stores.map((view) =>
      view.store === "source" ? { ...view, reachable: false, lastOkAgeSeconds: 60 } : view,
    ),
  };
  const stale = {
    stores: said.stores.map((view) =>
      view.store === "source" ? { ...view, newestUpdatedAt: "2025-01-01T00:00:00.000Z" } : view,
    ),
  };

  it.each([
    ["says that the base changed", changed, "the base of pod-1 names another store, put it back"],
    ["has another base", elsewhere, "the base of pod-1 names another store, put it back"],
    ["has no adapter of the source", withoutAdapter, "the base of pod-1 names another store, put it back"],
    ["fails to reach the source", failing, "the source fails from pod-1: no answer"],
  ] satisfies [string, Partial<SidecarStatus>, string][])(
    "stays open where one of three %s, who is named",
    (_what, odd, words) => {
      const ready = fleet([odd, fine, fine]);
      expect(ready).toMatchObject({ status: "True", reason: "PodsCannotGoBack" });
      expect(ready.message.endsWith(`; ${words}`)).toBe(true);
    },
  );

  it("is closed by most of those that answer, whatever keeps each of them, for the reason of most", () => {
    expect(fleet([changed, changed, fine]).reason).toBe("SourceChanged");
    expect(fleet([changed, failing, fine]).reason).toBe("SourceChanged");
    expect(fleet([changed, failing, failing, fine, fine]).reason).toBe("SourceFailing");
    expect(fleet([failing, failing, fine], 3).reason).toBe("SourceFailing");
  });

  it("is as stale as most pods see it, each with both stores at its own time", () => {
    expect(fleet([stale, fine, fine]).reason).toBe("SourceAnswers");
    expect(fleet([stale, fine]).reason).toBe("SourceAnswers");
    expect(fleet([stale, stale, fine]).reason).toBe("SourceStale");
  });

  it("is closed exactly when more than half of the answering pods can't go back, in whatever order", () => {
    const kinds = [fine, changed, elsewhere, withoutAdapter, failing];
    const pods = fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(pods, (saying) => {
        const unable = saying.filter((one) => one !== fine).length;
        const ready = fleet(saying);
        expect(isRollbackPathClosed(ready)).toBe(unable * 2 > saying.length);
        expect(fleet(saying.toReversed()).reason).toBe(ready.reason);
      }),
    );
  });
});
