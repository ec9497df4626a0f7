// What every pod's probe of the destination says.
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { fault, seeing as seenBy } from "#test/builders/store-views.ts";
import { aMigration, anObservation, aPod } from "#test/builders/world.ts";
import type { Observation } from "../model/observation.ts";
import { judgeReachable } from "./reachable.ts";

const probing = aMigration().in("Preflight").build();
const guarding = aMigration().in("Guard").build();
const limits = aSpec().thresholds.content;
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
    [
      "Unusable",
      {
        dimension: null,
        lastError: { code: "RETR_BACKEND_MISSING", message: "because of a column", at: "2026-01-01T00:00:00.000Z" },
      },
    ],
    ["WrongDimension", { dimension: 768 }],
    ["FilterRefused", { filterFaults: ["pages: the table lacks the column pages"] }],
    ["AllPodsReached", { filterFaults: [] }],
    ["CredentialMissing", { lastError: fault("RETR_CREDENTIAL_MISSING") }],
    ["CredentialInvalid", { lastError: fault("RETR_CREDENTIAL_INVALID") }],
    ["CredentialNotAllowed", { lastError: fault("RETR_CREDENTIAL_NOT_ALLOWED") }],
    ["HostNotAllowed", { lastError: fault("RETR_HOST_NOT_ALLOWED") }],
    ["Unreachable", { reachable: false, lastError: fault("RETR_BACKEND_UNAVAILABLE") }],
  ] as [string, Partial<StoreStatus>][])("%s", (reason, view) => {
    const result = judgeReachable(seeing("destination", view), limits);
    expect(result.reason).toBe(reason);
    expect(result.status).toBe(reason === "AllPodsReached" ? "True" : reason === "NotProbed" ? "Unknown" : "False");
    expect(result.message.includes("because of")).toBe(view.lastError !== undefined);
  });

  type Odd = { readonly pods: number; readonly odd: number; readonly more: Partial<StoreStatus> };
  const fleetOf = ({ pods, odd, more }: Odd, store: "source" | "destination" = "destination"): Observation => {
    const saying = ({ stores }: SidecarStatus) => ({
      stores: stores.map((view) => (view.store === store ? { ...view, ...more } : view)),
    });
    const value = Array.from({ length: pods }, (_, at) => aPod(`pod-${at}`).following(guarding)).map((pod, at) =>
      (at < odd ? pod.saying(saying) : pod).build(),
    );
    return anObservation(guarding, {}, { pods: { ok: true, value } });
  };

  it("holds for a fault that more pods see than the plan can do without, names those that see it, and goes on for fewer", () => {
    const views: readonly Partial<StoreStatus>[] = [
      { reachable: false },
      { dimension: 3 },
      { dimension: null },
      { authenticated: false },
      { lastError: fault("RETR_CREDENTIAL_MISSING") },
      { filterFaults: ["pages: the table lacks the column pages"] },
    ];
    const fleet = fc
      .integer({ min: 1, max: 100 })
      .chain((pods) => fc.tuple(fc.constant(pods), fc.nat(pods), fc.nat(Math.floor(pods / 2))));
    fc.assert(
      fc.property(fleet, fc.constantFrom(...views), ([pods, odd, excused], more) => {
        const { status, message } = judgeReachable(fleetOf({ pods, odd, more }), limits, excused);
        expect(status === "True").toBe(odd <= excused);
        const isNamed = odd > 0 && odd < pods && more.dimension !== null;
        expect(message.includes("pod-0")).toBe(isNamed);
        // What some read of the source makes nobody else's destination wrong.
        const { status: bySource } = judgeReachable(fleetOf({ pods, odd, more: { dimension: 3 } }, "source"), limits);
        expect(bySource === "True" || odd * 2 >= pods).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("tells what makes the destination slow, each remark once, whichever pod says it first", () => {
    const remarks = ["no index serves cosine", "no index serves filters by lang"];
    const one = judgeReachable(seeing("destination", { remarks }, true), limits);
    const other = judgeReachable(seeing("destination", { remarks: remarks.toReversed() }, true), limits);
    expect(one).toMatchObject({ status: "True", reason: "AllPodsReached" });
    expect(one.message).toMatch(/; dimension \d+; no index serves cosine; no index serves filters by lang$/);
    expect(other).toEqual(one);
  });

  it("is Unknown without pods, without a list of pods, and while the source's dimension isn't known", () => {
    expect(judgeReachable(anObservation(probing, {}, { pods: { ok: true, value: [] } }), limits).status).toBe(
      "Unknown",
    );
    const unlisted = anObservation(probing, {}, { pods: { ok: false, why: "timed out" } });
    expect(judgeReachable(unlisted, limits).status).toBe("Unknown");
    expect(judgeReachable(seeing("source", { dimension: null }, true), limits).reason).toBe("SourceNotProbed");
  });

  const compared = { state: "compared", chunks: 20, missing: 0, different: 0, reason: null } as const;
  const failed = { ...compared, state: "failed", chunks: 0, reason: "destination: the fields name no text" } as const;
  const nothingShared = { ...failed, state: "waiting", reason: "both stores answered no chunk in common" } as const;
  const waiting = { ...nothingShared, reason: null };
  type Content = SidecarStatus["content"];

  it.each([
    ["an older sidecar that tells of none", [undefined, undefined], "AllPodsReached", ""],
    ["the same in both stores", [compared, compared], "AllPodsReached", "content of 40 chunks compared"],
    ["texts that the destination lacks", [compared, { ...compared, missing: 3 }], "ContentMissing", "3 lack text"],
    ["other texts", [{ ...compared, different: 1 }, compared], "ContentDiffers", "of 40 chunks"],
    ["fields that name no text", [compared, failed], "ContentNotRead", "the fields name no text"],
    ["no chunk in common", [nothingShared, nothingShared], "AllPodsReached", "no chunk in common"],
    ["a pod that hasn't looked yet", [compared, waiting], "NotProbed", "1 of 2 pods have not compared content"],
  ] as [string, Content[], string, string][])("of content, %s", (_, contents, reason, words) => {
    const result = judgeReachable(telling(contents), limits);
    const status = reason === "AllPodsReached" ? "True" : reason === "NotProbed" ? "Unknown" : "False";
    expect(result).toMatchObject({ status, reason });
    expect(result.message).toContain(words);
  });

  it("of content goes on where only a third of the pods finds another one", () => {
    const bad = { ...compared, missing: 20 };
    expect(judgeReachable(telling([bad, compared, compared]), limits).status).toBe("True");
    expect(judgeReachable(telling([failed, compared, compared]), limits).status).toBe("True");
    expect(judgeReachable(telling([bad, bad, { ...compared, chunks: 1e9 }]), limits).reason).toBe("ContentMissing");
  });

  it("goes on where the limit allows what is missing, or it is only observed", () => {
    const missing = telling([compared, { ...compared, missing: 20 }]);
    expect(judgeReachable(missing, { ...limits, maxBadShare: 0.5 }).status).toBe("True");
    const observed = judgeReachable(missing, { ...limits, beforeCutover: "Observe" });
    expect(observed).toMatchObject({ status: "True", message: expect.stringContaining("20 lack text") as string });
  });
});

function telling(contents: readonly SidecarStatus["content"][]): Observation {
  const value = contents.map((content, index) => {
    const pod = aPod(`pod-${index}`).following(guarding).build();
    if (!pod.status.ok || content === undefined) return pod;
    return { ...pod, status: { ...pod.status, value: { ...pod.status.value, content } } };
  });
  return anObservation(guarding, {}, { pods: { ok: true, value } });
}
