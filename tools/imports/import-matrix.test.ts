import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { complaintsAboutMatrix, rules } from "./import-matrix.ts";
import { plants } from "./planted-violations.ts";
import { alternativesOf, knownPaths, unmatchedNames } from "./rule-paths.ts";

const paths = await knownPaths(join(import.meta.dirname, "../.."));

it("has every rule of the import matrix fire on its planted violation and none on a sound import", async () => {
  expect(await complaintsAboutMatrix()).toEqual([]);
});

it("has a planted violation for every rule", async () => {
  const names = (await rules()).map(({ name }) => name);
  expect(plants.map(({ rule }) => rule).toSorted()).toEqual(names.toSorted());
});

describe("the paths that rules name", () => {
  it("are all there: a rule about a folder that is gone guards nothing", async () => {
    const all = await rules();
    expect(all.flatMap((rule) => unmatchedNames(rule, paths))).toEqual([]);
  });

  it("are missed one by one, in a group, in a lookahead, in an exception and at the top", () => {
    const missed = (path: string, pathNot = "^$") =>
      unmatchedNames({ name: "r", from: {}, to: { path, pathNot } }, paths);
    expect(missed("^operator/src/(core/|attic/)")).toEqual(["r: ^operator/src/(attic/)"]);
    expect(missed("^operator/src/(core/(gates|attic)/|ports/)")).toEqual(["r: ^operator/src/(core/(attic)/)"]);
    expect(missed("^operator/(?!src/core/|attic/)")).toEqual(["r: ^operator/(?=attic/)"]);
    expect(missed("^attic/|\\.test\\.ts$")).toEqual(["r: ^attic/"]);
    expect(missed("^crds/", "^(crds|attic)/")).toEqual(["r: ^(attic)/"]);
    expect(missed("^(node:)?(fs|telegraph)(/|$)")).toEqual(["r: ^(node:)?(telegraph)(/|$)"]);
    expect(missed("node_modules/(@kubernetes|@attic)/")).toEqual(["r: node_modules/(@attic)/"]);
  });

  it("are expanded branch by branch, the other groups left open", () => {
    expect(alternativesOf("^(a|b)/(c|d)\\.ts$")).toEqual([
      "^(a)/(c|d)\\.ts$",
      "^(b)/(c|d)\\.ts$",
      "^(a|b)/(c)\\.ts$",
      "^(a|b)/(d)\\.ts$",
    ]);
    expect(alternativesOf("^(node:)?fs$")).toEqual(["^(node:)fs$"]);
    expect(alternativesOf("^a/$1/[(|]b")).toEqual(["^a/[^/]+/[(|]b"]);
  });
});
