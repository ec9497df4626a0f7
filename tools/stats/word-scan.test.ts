import { describe, expect, it } from "vitest";
import { replacedIn, replacedWords } from "./replaced-words.ts";
import { parseFile } from "./syntax.ts";
import { wordsInChart, wordsInPaths, wordsInSource } from "./word-scan.ts";

describe("a replaced word", () => {
  it.each(replacedWords)("is seen as a name in every form: $word", ({ word, forms }) => {
    const names = forms.map((form) => form.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join(""));
    expect(names.map((name) => replacedIn(`make${name}Now`, "name"))).toEqual(forms.map(() => [word]));
  });

  it.each([
    ["look failed", "look"],
    ["Length of one look at one migration.", "look"],
    ["waiting for a look at the Jobs", "look"],
    ["4 looks, and then none", "look"],
    ["retriever_looks_total", "look"],
    ["RetrieverWayBackLost", "way back"],
    ["the way back is closed", "way back"],
    ["the fast lane is silent", "lane"],
    ["a courier", "courier"],
  ])("is seen in the text %s", (text, word) => {
    expect(replacedIn(text, "text")).toEqual([word]);
  });

  it.each([
    "namespaces to look at",
    "can't be looked up",
    "a look-up by id",
    "don't look like it",
    "where to look",
    "four eyes of somebody",
    "hands over to the base",
    "in sight of its doing",
    "planes and blanket",
  ])("isn't seen in the plain text %s", (text) => {
    expect(replacedIn(text, "text")).toEqual([]);
  });

  it.each(["lookUp", "lookup", "lookUps", "LookAhead", "fourEyes", "handsome", "plane", "email"])(
    "isn't seen in the name %s",
    (name) => {
      expect(replacedIn(name, "name")).toEqual([]);
    },
  );
});

describe("the scan", () => {
  const scan = (text: string) =>
    wordsInSource(parseFile({ path: "a.ts", text })).map(({ word, line }) => `${word} ${line}`);

  it("reads identifiers, members, private names, strings, templates and patterns, with their lines", () => {
    const text = [
      "// é",
      "const hands = { 'a look': 1, look: 2 };",
      "class Eyes { #sight = hands.look; }",
      "const t = `${hands} looks`;",
      "const r = /way back/;",
      "type Makings = { readonly tenure: string };",
    ].join("\n");
    expect(scan(text)).toEqual([
      "hands 2",
      "look 2",
      "look 2",
      "eyes 3",
      "sight 3",
      "hands 3",
      "look 3",
      "hands 4",
      "look 4",
      "way back 5",
      "makings 6",
      "tenure 6",
    ]);
  });

  it("reads no comment and no path of an import", () => {
    expect(
      scan('// one look\n/** a courier */\nimport { a } from "./look.ts";\nexport { b } from "./hints.ts";\n'),
    ).toEqual([]);
  });

  it("reads a chart without its comments", () => {
    const rules = "# a look\nsummary: looks fail # a look\n{{/* one\nlook */}}\nurl: http://a#look\n";
    const places = (path: string, text: string) => wordsInChart({ path, text }).map(({ line }) => line);
    expect(places("charts/a/rules.yaml", rules)).toEqual([2, 5]);
    expect(places("charts/a/dashboard.json", '{\n  "title": "# looks"\n}\n')).toEqual([2]);
  });

  it("reads the name of every file and folder once", () => {
    const paths = ["a/look/1.ts", "a/look/2.ts", "a/lead-loop.ts", "a/look-up.ts"];
    expect(wordsInPaths(paths).map(({ path }) => path)).toEqual(["a/look", "a/lead-loop.ts"]);
  });
});
