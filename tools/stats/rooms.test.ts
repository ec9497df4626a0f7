import { describe, expect, it } from "vitest";
import { layers } from "./layers.ts";
import { arrowsIn, circles, judgeLayers, largestRoom } from "./rooms.ts";

const imports = (...pairs: readonly (readonly [string, string])[]) => pairs.map(([from, to]) => ({ from, to }));

describe("the largest room", () => {
  it("is the folder with the most sources directly in it; tests and data don't count", () => {
    const sources = ["a/src/b/1.ts", "a/src/c/1.ts", "a/src/c/2.ts", "a/src/b/d/1.ts", "e/src/1.ts", "e/src/2.ts"];
    const others = [
      "a/src/b/1.test.ts",
      "a/src/b/2.test.ts",
      "a/test/1.ts",
      "a/test/2.ts",
      "a/test/3.ts",
      "a/src/b/x.md",
    ];
    expect(largestRoom([...sources, ...others], "a")).toEqual({ name: "a/src/c", sources: 2 });
    expect(largestRoom(sources, "f")).toBeUndefined();
  });
});

describe("arrows", () => {
  it("go from room to room of one workspace, and from and to a file directly in src", () => {
    const own = imports(
      ["a/src/b/1.ts", "a/src/c/1.ts"],
      ["a/src/main.ts", "a/src/b/1.ts"],
      ["a/src/b/2.ts", "a/src/errors.ts"],
    );
    const within = imports(["a/src/b/1.ts", "a/src/b/2.ts"]);
    const beyond = imports(
      ["a/src/b/1.ts", "e/src/1.ts"],
      ["a/src/b/1.test.ts", "a/src/c/1.ts"],
      ["a/src/b/1.ts", "fs"],
    );
    expect(arrowsIn("a", [...own, ...within, ...beyond])).toEqual([
      { from: "a/src/b", to: "a/src/c", file: "a/src/b/1.ts" },
      { from: "a/src/main.ts", to: "a/src/b", file: "a/src/main.ts" },
      { from: "a/src/b", to: "a/src/errors.ts", file: "a/src/b/2.ts" },
    ]);
  });
});

describe("circles", () => {
  const arrows = (...pairs: readonly string[]) =>
    pairs.map((pair) => ({ from: pair.charAt(0), to: pair.charAt(1), file: "1.ts" }));

  it("are the groups of rooms that reach each other, each once", () => {
    expect(circles(arrows("ab", "bc", "ca", "cd", "de", "ed", "ef"))).toEqual([
      ["a", "b", "c"],
      ["d", "e"],
    ]);
  });

  it("don't come of two ways to the same room", () => {
    expect(circles(arrows("ab", "ac", "bd", "cd"))).toEqual([]);
  });
});

describe("layers", () => {
  const declared = [["errors.ts"], ["model"], ["x", "y"], ["main.ts"]];
  const paths = ["errors.ts", "model/1.ts", "x/1.ts", "y/1.ts", "main.ts"].map((path) => `a/src/${path}`);
  const judge = (extra: readonly string[], ...pairs: readonly (readonly [string, string])[]) =>
    judgeLayers("a", declared, [...paths, ...extra], arrowsIn("a", imports(...pairs)));

  it("let imports point down and stay within their layer", () => {
    const down = [
      ["a/src/main.ts", "a/src/x/1.ts"],
      ["a/src/x/1.ts", "a/src/y/1.ts"],
      ["a/src/y/1.ts", "a/src/errors.ts"],
    ] as const;
    expect(judge([], ...down)).toEqual({ upward: [], unplaced: [], gone: [] });
  });

  it("name the file whose import points up", () => {
    expect(judge([], ["a/src/model/1.ts", "a/src/y/1.ts"], ["a/src/x/1.ts", "a/src/model/1.ts"]).upward).toEqual([
      { from: "a/src/model", to: "a/src/y", file: "a/src/model/1.ts" },
    ]);
  });

  it("have to name every room, and nothing that isn't one", () => {
    expect(judge(["a/src/z/1.ts"]).unplaced).toEqual(["a/src/z"]);
    expect(judgeLayers("a", declared, paths.slice(0, -1), []).gone).toEqual(["a/src/main.ts"]);
  });

  it("are those of a workspace without a src in the workspace itself", () => {
    expect(judgeLayers("b", [["x"]], ["b/x/1.ts"], [])).toEqual({ upward: [], unplaced: [], gone: [] });
  });

  it("name each place once", () => {
    const named = Object.values(layers).map((declaredLayers) => declaredLayers.flat());
    expect(named.map((places) => [...new Set(places)])).toEqual(named);
  });
});
