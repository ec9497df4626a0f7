import { describe, expect, it } from "vitest";
import { type AcceptedWrite, lateWrites, loweringWrites } from "./deposed-writes.ts";

const write = (user: string, object: string, epoch = 0): AcceptedWrite => ({ user, object, epoch });

describe("a write of the deposed leader", () => {
  it("before its successor's first write to the object is in time", () => {
    const writes = [write("old", "a"), write("new", "b"), write("old", "a"), write("new", "a")];
    expect(lateWrites(writes, "old", "new")).toEqual([]);
  });

  it("after its successor's first write to the object is late, whatever the object is", () => {
    const writes = [write("new", "a"), write("old", "b"), write("old", "a"), write("old", "a")];
    expect(lateWrites(writes, "old", "new")).toEqual([write("old", "a"), write("old", "a")]);
  });
});

describe("a write that takes an overlay's epoch back", () => {
  it("is found, whoever made it", () => {
    const writes = [write("old", "o", 1), write("new", "o", 3), write("old", "o", 2), write("new", "o", 2)];
    expect(loweringWrites(writes)).toEqual([write("old", "o", 2), write("new", "o", 2)]);
  });

  it("isn't one that repeats it, nor one of another overlay or of another kind", () => {
    const writes = [write("old", "o", 2), write("old", "o", 2), write("old", "p", 1), write("old", "o", 0)];
    expect(loweringWrites(writes)).toEqual([]);
  });
});
