import { describe, expect, it } from "vitest";
import { beyondBackground, grownBetween } from "./idle-requests.ts";

describe("requests of an idle operator", () => {
  it("are those that have come since, kind by kind", () => {
    const before = new Map([
      ["get pods", 2],
      ["watch configmaps", 3],
    ]);
    const after = new Map([
      ["get pods", 5],
      ["watch configmaps", 3],
      ["update leases", 1],
    ]);
    expect([...grownBetween(before, after)]).toEqual([
      ["get pods", 3],
      ["update leases", 1],
    ]);
  });

  it("count unless they are a watch's or the lease's", () => {
    const counts = new Map([
      ["watch retrievermigrations", 4],
      ["list retrievermigrations", 9],
      ["update leases", 20],
      ["get retrievermigrations", 2],
      ["list pods", 1],
      ["watch pods", 1],
    ]);
    expect(beyondBackground(counts)).toBe(4);
  });
});
