// Who is judged by itself: the busiest namespaces, once for each side of the cutover.
import { noCounters, noSliceCounters, type SliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldSlices, isSameSlice, type Slices, sliceCounts, sliceName } from "./slices.ts";

function counting(requests: number, mismatch = 0): SliceCounters {
  return { ...noSliceCounters(), requests, answered: requests, mismatch };
}

function aBin(slices: Readonly<Record<string, SliceCounters>>) {
  return { at: 0, counters: noCounters(), slices: new Map(Object.entries(slices)), failing: [] };
}

const many = Object.fromEntries(Array.from({ length: 30 }, (_, rank) => [`tenant-${rank}`, counting(1000 - rank)]));
const young = { part: "Ramp", ageSeconds: 10 };
const none: Slices = { slices: [] };

describe("slices", () => {
  it("are the 20 busiest namespaces once there were enough requests to tell", () => {
    const { slices, slicesChosenIn } = foldSlices(none, aBin(many), young);
    expect(slicesChosenIn).toBe("Ramp");
    expect(slices.map(({ name }) => name)).toEqual(Array.from({ length: 20 }, (_, rank) => `tenant-${rank}`));
  });

  it("aren't chosen from a handful of requests, unless thin traffic was watched for 15 minutes", () => {
    const few = aBin({ a: counting(3), b: counting(5) });
    const counted = foldSlices(none, few, young);
    expect(counted).toEqual({
      slices: [
        { name: "b", requests: 5 },
        { name: "a", requests: 3 },
      ],
    });
    expect(foldSlices(counted, few, { part: "Ramp", ageSeconds: 900 })).toMatchObject({
      slices: [
        { name: "b", requests: 10 },
        { name: "a", requests: 6 },
      ],
      slicesChosenIn: "Ramp",
    });
  });

  it("stay what they are until the other side of the cutover, where they are chosen anew", () => {
    const chosen = foldSlices(none, aBin(many), young);
    expect(foldSlices(chosen, aBin({ new: counting(99_999) }), young)).toBe(chosen);
    const after = foldSlices(chosen, aBin({ new: counting(99_999) }), { part: "Guard", ageSeconds: 0 });
    expect(after).toEqual({ slices: [{ name: "new", requests: 99_999 }], slicesChosenIn: "Guard" });
  });

  it("stay until as many requests have told who is busy on the other side, and keep their numbers then", () => {
    const chosen = foldSlices(none, aBin(many), young);
    const busy = { new: counting(400), "tenant-7": counting(300), "tenant-2": counting(200) };
    const meanwhile = foldSlices(chosen, aBin(busy), { part: "Guard", ageSeconds: 10 });
    expect(meanwhile).toMatchObject({ slices: chosen.slices, slicesChosenIn: "Ramp" });
    expect(meanwhile.nextSlices?.map(({ name }) => name)).toEqual(["new", "tenant-7", "tenant-2"]);
    const { slices, nextSlices } = foldSlices(meanwhile, aBin(busy), { part: "Guard", ageSeconds: 900 });
    expect(nextSlices).toBeUndefined();
    expect(slices).toEqual([
      { name: "new", requests: 800 },
      { name: "tenant-7", requests: 600 },
      { name: "tenant-2", requests: 400 },
    ]);
    const numbers = slices.map((_, slice) => isSameSlice(chosen, { slices, slicesChosenIn: "Guard" }, slice));
    expect(numbers).toEqual([false, false, true]);
  });

  it("count by number, and all others as one more", () => {
    const chosen = foldSlices(none, aBin(many), young);
    const counts = sliceCounts(
      chosen,
      aBin({ "tenant-3": counting(5, 2), other: counting(1, 1), another: counting(2) }),
    );
    expect([...counts].map(([number, { requests, mismatch }]) => [number, requests, mismatch])).toEqual([
      [3, 5, 2],
      [20, 3, 1],
    ]);
    expect(sliceCounts(none, aBin(many)).size).toBe(0);
  });

  it("without a namespace in any request are never chosen", () => {
    expect(foldSlices(none, aBin({}), { part: "Ramp", ageSeconds: 5000 })).toEqual({ slices: [] });
  });
});

describe("the name of a slice in the status", () => {
  it("a namespace of usual length is called by its name", () => {
    expect(sliceName("6f1d4c1e-0000-4000-8000-000000000001")).toBe("6f1d4c1e-0000-4000-8000-000000000001");
    expect(sliceName("Zürich")).toBe("Zürich");
  });

  it("two long namespaces that begin alike are two names", () => {
    const names = ["a", "b"].map((end) => sliceName(`${"tenant".repeat(40)}${end}`));
    expect(new Set(names).size).toBe(2);
    expect(names[0]).toMatch(/^(tenant)+tena~[0-9a-f]{16}$/);
  });

  it("whatever a namespace is called, its name takes 64 bytes at most, and is its own name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 256 }), (namespace) => {
        const name = sliceName(namespace);
        expect(Buffer.byteLength(JSON.stringify(name)) - 2).toBeLessThanOrEqual(64);
        expect(sliceName(name)).toBe(name);
      }),
    );
  });
});
