import type { DifferenceKind } from "@retriever/sidecar/contract/verify-report.ts";
import { identityOf } from "@retriever/stores/config/identity.ts";
import { type FoundChunk, oddMoments } from "@retriever/stores/ports/chunk-store.ts";
import { describe, expect, test } from "vitest";
import { makeDifference, makeReport } from "#test/reports.ts";
import { makeIsOpen } from "./open-chunks.ts";
import { planRepair } from "./plan.ts";

const at = (host: string) => identityOf({ kind: "qdrant", host, port: 6333, place: "chunks" });
const stores = { source: at("old"), destination: at("new") };
const isoAt = (second: number): string => new Date(second * 1000).toISOString();

/** A chunk as a look-up finds it, written in that second; null: it isn't there. */
function found(second: number | null | "unreadable"): FoundChunk | null {
  if (second === null) return null;
  const updatedAtMs = second === "unreadable" ? oddMoments.unreadable : second * 1000;
  return { id: "a", namespace: null, updatedAtMs, payloadDigest: null, vector: null };
}

type Held = number | null | "unreadable";

/** After a repair from the destination to the source, of a chunk that the report saw at the destination in second 10. */
function isOpen(reported: DifferenceKind, source: Held, destination: Held, kind: DifferenceKind | null): boolean {
  const difference = makeDifference("a", reported, { destinationUpdatedAt: isoAt(10) });
  const plan = planRepair(makeReport(stores, [difference]), stores, {
    direction: "destination-to-source",
    deletesExtra: false,
  });
  return makeIsOpen(plan)({ id: "a", source: found(source), destination: found(destination) }, kind);
}

describe("a chunk that a report names is left to do", () => {
  test.each<[string, Parameters<typeof isOpen>, boolean]>([
    ["not where both hold the same", ["extra", 10, 10, null], false],
    ["where the source still lacks it", ["extra", null, 10, "extra"], true],
    ["where the source has an older one", ["stale", 9, 10, "stale"], true],
    ["not where the source has a newer one", ["stale", 11, 10, "stale"], false],
    ["where only its content differs, whatever its moment", ["payload", 10, 10, "payload"], true],
    ["where the destination has lost it and the source hasn't got it", ["extra", null, null, null], true],
    [
      "not where the destination has lost it, and the source has one that is no older",
      ["extra", 10, null, "missing"],
      false,
    ],
    ["where the destination has lost it, and the source has an older one", ["stale", 9, null, "missing"], true],
    ["where nobody can read when the source's was written", ["stale", "unreadable", 10, "stale"], true],
    ["where nobody can read when the destination's was written", ["stale", 11, "unreadable", "stale"], true],
    ["not where only the source had it", ["missing", 9, null, "missing"], false],
  ])("%s", (_, held, expected) => {
    expect(isOpen(...held)).toBe(expected);
  });

  test("where it was lost and the report doesn't say when it was written", () => {
    const plan = planRepair(makeReport(stores, [makeDifference("a", "extra")]), stores, {
      direction: "destination-to-source",
      deletesExtra: false,
    });
    expect(makeIsOpen(plan)({ id: "a", source: found(10), destination: null }, "missing")).toBe(true);
  });

  test.each([
    [10, true],
    [null, false],
  ])("where it was to be removed and is there at second %s: %s", (second, expected) => {
    const plan = planRepair(makeReport(stores, [makeDifference("a", "extra")]), stores, {
      direction: "source-to-destination",
      deletesExtra: true,
    });
    expect(makeIsOpen(plan)({ id: "a", source: null, destination: found(second) }, "extra")).toBe(expected);
  });
});
