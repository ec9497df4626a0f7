// Whether the source could take the traffic back.
import type { StoreStatus } from "@retriever/sidecar/contract/status.ts";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { fault, seeing as seenBy } from "#test/builders/store-views.ts";
import { aMigration, anObservation, aPod } from "#test/builders/world.ts";
import type { Observation } from "../model/observation.ts";
import { isWayBackClosed, judgeRollbackReady } from "./rollback-ready.ts";

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
    expect(isWayBackClosed(ready)).toBe(reason === "SourceFailing");
  });

  it("fails from half the pods on, and says what they say", () => {
    const ready = judge(seeing("source", { reachable: false, lastOkAgeSeconds: 60, lastError: fault("RETR_X") }));
    expect(ready).toMatchObject({ status: "False", reason: "SourceFailing" });
    expect(ready.message).toContain("from 1 of 2 pods: because of RETR_X");
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
    expect([ready.status, isWayBackClosed(ready)]).toEqual(["Unknown", false]);
  });
});
