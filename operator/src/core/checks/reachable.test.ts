// What every pod's probe of the destination says.
import type { StoreStatus } from "@retriever/sidecar/contract/status.ts";
import { describe, expect, it } from "vitest";
import { fault, seeing as seenBy } from "#test/builders/store-views.ts";
import { aMigration, anObservation } from "#test/builders/world.ts";
import type { Observation } from "../model/observation.ts";
import { judgeReachable } from "./reachable.ts";

const probing = aMigration().in("Preflight").build();
const guarding = aMigration().in("Guard").build();
const seeing = (store: "source" | "destination", more: Partial<StoreStatus>, both = false): Observation =>
  seenBy(guarding, store, more, both);

describe("reachable", () => {
  it.each([
    ["AllPodsReached", {}],
    ["NotProbed", { reachable: null, authenticated: null, exists: null, dimension: null }],
    ["Unreachable", { reachable: false }],
    ["TlsNotVerified", { tls: "failed" }],
    ["CredentialRefused", { authenticated: false }],
    ["CollectionMissing", { exists: false }],
    ["WrongDimension", { dimension: 768 }],
    ["FilterRefused", { filterFaults: ["pages: the table lacks the column pages"] }],
    ["AllPodsReached", { filterFaults: [] }],
    ["CredentialMissing", { lastError: fault("RETR_CREDENTIAL_MISSING") }],
    ["CredentialInvalid", { lastError: fault("RETR_CREDENTIAL_INVALID") }],
    ["CredentialNotAllowed", { lastError: fault("RETR_CREDENTIAL_NOT_ALLOWED") }],
    ["HostNotAllowed", { lastError: fault("RETR_HOST_NOT_ALLOWED") }],
    ["Unreachable", { reachable: false, lastError: fault("RETR_BACKEND_UNAVAILABLE") }],
  ] as [string, Partial<StoreStatus>][])("%s", (reason, view) => {
    const result = judgeReachable(seeing("destination", view));
    expect(result.reason).toBe(reason);
    expect(result.status).toBe(reason === "AllPodsReached" ? "True" : reason === "NotProbed" ? "Unknown" : "False");
    expect(result.message.includes("because of")).toBe(view.lastError !== undefined);
  });

  it("tells what makes the destination slow, each remark once, whichever pod says it first", () => {
    const remarks = ["no index serves cosine", "no index serves filters by lang"];
    const one = judgeReachable(seeing("destination", { remarks }, true));
    const other = judgeReachable(seeing("destination", { remarks: remarks.toReversed() }, true));
    expect(one).toMatchObject({ status: "True", reason: "AllPodsReached" });
    expect(one.message).toMatch(/; dimension \d+; no index serves cosine; no index serves filters by lang$/);
    expect(other).toEqual(one);
  });

  it("is Unknown without pods, without a list of pods, and while the source's dimension isn't known", () => {
    expect(judgeReachable(anObservation(probing, {}, { pods: { ok: true, value: [] } })).status).toBe("Unknown");
    expect(judgeReachable(anObservation(probing, {}, { pods: { ok: false, why: "timed out" } })).status).toBe(
      "Unknown",
    );
    expect(judgeReachable(seeing("source", { dimension: null }, true)).reason).toBe("SourceNotProbed");
  });
});
