// Order of the rounds, and what the kernel's line about a process says.
import { describe, expect, it } from "vitest";
import { makeBodies } from "./bodies.ts";
import { countChunks } from "./check-answers.ts";
import { parseStat } from "./cpu-time.ts";
import { queryAnswer } from "./peers/canned.ts";
import { orderOf } from "./rounds.ts";

describe("the order of a round", () => {
  it("starts elsewhere each time, turns round every second time, and leaves nobody out", () => {
    expect(orderOf(["a", "b", "c"], 0)).toEqual(["a", "b", "c"]);
    expect(orderOf(["a", "b", "c"], 1)).toEqual(["a", "c", "b"]);
    expect(orderOf(["a", "b", "c"], 2)).toEqual(["c", "a", "b"]);
    expect(orderOf([], 5)).toEqual([]);
  });
});

describe("a process's CPU time", () => {
  it("is utime + stime, whatever the command is called", () => {
    const text = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0 11 0 1";
    expect(parseStat(text)).toBe(1_750_000);
  });
});

describe("the load's bodies", () => {
  it("are all different, the same in every run, and of the size they name", () => {
    const bodies = makeBodies("json-768").map(String);
    expect(new Set(bodies).size).toBe(bodies.length);
    expect(makeBodies("json-768").map(String)).toEqual(bodies);
    const { embedding, k } = JSON.parse(bodies[0] ?? "") as { embedding: number[]; k: number };
    expect([embedding.length, k]).toEqual([768, 10]);
  });

  it("hold the same kind of numbers as base64", () => {
    const { embedding } = JSON.parse(String(makeBodies("base64-768")[0])) as { embedding: string };
    expect(Buffer.from(embedding, "base64")).toHaveLength(768 * 4);
  });
});

describe("the candidates of an answer", () => {
  it("are counted in the store's words and in the users'", () => {
    expect(countChunks(queryAnswer)).toBe(10);
    expect(countChunks('{"candidates":[{"chunkId":"a"},{"chunkId":"b"}]}')).toBe(2);
    expect(countChunks("{}")).toBe(0);
  });
});
