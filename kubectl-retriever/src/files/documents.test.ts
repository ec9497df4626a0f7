// Values without quotes, as kubectl 1.35 printed them as JSON: what lint sees is what the API server gets.
import { describe, expect, it } from "vitest";
import { readDocuments } from "./documents.ts";

function valueOf(form: string): unknown {
  const { documents, faults } = readDocuments(`kind: Any\nvalue: ${form}\n`);
  expect(faults).toEqual([]);
  const [document] = documents;
  return (document?.value as { readonly value: unknown } | undefined)?.value;
}

const texts = `
  09:00 9:00 10:30 24:00 1:30 190:20:30 -1:30 1:30.5 e5 E5 e . + 0o8 0x _1 tRUE nULL inf nan NaN Infinity
  2026-01-01 2026-1-1 2026-01-01T10:00:00Z 2001-12-14t21:59:43.10-05:00 = << 1e400 12e 1.2.3 10m 1h30m 1,000
  1_0:30 0:0 0:0:0 3:59 3:60 60:59 -. 0xg 0b2 0b 0o`
  .trim()
  .split(/\s+/);

const others: readonly (readonly [unknown, string])[] = [
  [100000, "1e5 | 1E5"],
  [1500, "1.5e3 | 1.5e+3"],
  [1000, "1.e3 | 1_000"],
  [500, ".5e3"],
  [5, '5. | 0b101 | 0B101 | !!int "5" | !!float 5'],
  [0.5, ".5 | +.5"],
  [-0.5, "-.5"],
  [1, "+1 | 1_ | 1.0"],
  [0, "-0 | 0 | 00 | 0."],
  [8, "08"],
  [9, "09"],
  [15, "017 | 0o17"],
  [511, "0777"],
  [31, "0x1F | 0X1F | 0x_1F"],
  [-31, "-0x1F"],
  [-3, "-0b11"],
  [1000.5, "1_000.5"],
  [true, 'yes | Yes | YES | on | On | ON | y | Y | true | True | TRUE | !!bool "yes"'],
  [false, "no | No | NO | off | Off | OFF | n | N | false | False"],
  [null, '~ | null | Null | NULL | !!null ""'],
  [0.00001, "1e-5"],
  [1.2345678901234568e29, "123456789012345678901234567890"],
  [Number("9007199254740993"), "9007199254740993"],
  [Number("-9223372036854775808"), "-9223372036854775808"],
  [Number("18446744073709552000"), "18446744073709551615"],
  [0.1, "0.1"],
  [100, "100.0 | 1e2"],
  [12000, "12e03"],
  ["5", "!!str 5 | ! 5"],
  ["hi", "!!binary aGk="],
  ["2026-01-01", "!!timestamp 2026-01-01"],
];

describe("a value without quotes", () => {
  it("that kubectl takes for a text is one: times of day, dates, halves of numbers", () => {
    expect(texts.map(valueOf)).toEqual(texts);
    expect(valueOf("2026-01-01 10:00:00")).toBe("2026-01-01 10:00:00");
  });

  it.each(others)("that kubectl takes for %j is it: %s", (value, forms) => {
    for (const form of forms.split(" | ")) expect(valueOf(form)).toBe(value);
  });

  it("that JSON has no number for is refused with its line, as a key given twice is", () => {
    for (const form of [".inf", ".Inf", ".INF", "+.inf", "-.inf", ".nan", ".NaN", ".NAN"]) {
      expect(readDocuments(`kind: Any\nvalue: ${form}\n`).faults).toEqual([
        { line: 2, message: expect.stringContaining(`received ${form}, expected a finite number`) },
      ]);
    }
    expect(readDocuments("kind: Any\nkind: Other\n").faults).toEqual([
      { line: 2, message: "the key kind stands here twice" },
    ]);
  });

  it("is a key as JSON has it", () => {
    const text = "{ 09:00: 1, 1.0: 2, 2026-01-01: 3, yes: 4, 0x10: 5 }";
    expect(valueOf(text)).toEqual({ "09:00": 1, "1": 2, "2026-01-01": 3, true: 4, "16": 5 });
  });
});

describe("a list of objects", () => {
  it("is the documents in it, each with its own lines", () => {
    const item = (name: string) => `  - kind: Any\n    metadata: { name: ${name} }\n    spec:\n      a: 1\n`;
    const text = `apiVersion: v1\nkind: List\nitems:\n${item("x")}${item("y")}`;
    const { documents } = readDocuments(text);
    expect(documents.map(({ kind, firstLine, lineOf }) => [kind, firstLine, lineOf("spec.a")])).toEqual([
      ["Any", 4, 7],
      ["Any", 8, 11],
    ]);
  });
});

it("text that begins with an asterisk and stands without quotes is told of without being quoted", () => {
  const { faults } = readDocuments("kind: Any\npassword: *hunter2\n");
  expect(faults.map(({ message }) => message)).toEqual([
    "an alias (*name) has no anchor: write text that begins with * in quotes",
  ]);
});

const marks = [
  "|",
  ">",
  "*",
  "!",
  "!<",
  "&",
  "%",
  "@",
  "`",
  '"',
  "'",
  '"\\\\',
  "{",
  "[",
  "- ",
  "? ",
  ": ",
  "--- ",
  "!!int ",
];
it.each(marks)("a password behind %s is told of, if at all, without being quoted", (mark) => {
  for (const rest of ["", ": x", " }", " #", "\n  more", '"', ", y: ]"]) {
    for (const before of ["password: ", "", "a: { password: ", "- "]) {
      const { faults } = readDocuments(`${before}${mark}hunter2${rest}\n`);
      expect(faults.filter(({ message }) => /hunter|unter2/.test(message))).toEqual([]);
    }
  }
});

it("text that is nested without end, or indented by tabs, is told of once for all of its lines", () => {
  const deep = readDocuments(`kind: Any\nvalue: ${"[".repeat(100_000)}\n`);
  expect(deep.faults[0]).toEqual({ line: 2, message: "it is nested too deeply" });
  expect(deep.faults.length).toBeLessThan(5);
  const tabs = readDocuments("kind: Any\nvalue:\n\ta: 1\n\tb: 2\n\tc: 3\n");
  expect(tabs.faults.filter(({ message }) => message.startsWith("Tabs"))).toEqual([
    { line: 3, message: "Tabs are not allowed as indentation; the same on 2 more lines" },
  ]);
});

it("documents of nothing are none, as to kubectl: before, between and after those that are", () => {
  const { documents, faults } = readDocuments("---\n# nothing\n---\nkind: A\n---\n---\nkind: B\n---\nnull\n---\n");
  expect(faults).toEqual([]);
  expect(documents.map(({ kind }) => kind)).toEqual(["A", "B"]);
});

describe("a key that a map has twice", () => {
  it.each([
    ["is told by its name, on its line", "kind: A\nspec:\n  a: 1\n  b: 2\n  a: 3\n", 5, "the key a stands here twice"],
    ["is told in a map within a line", "a: { b: 1, b: 2 }", 1, "the key b stands here twice"],
    ["is told without what may be a password", 'a: 1\n"my s3cret": 1\n"my s3cret": 1', 3, "the key stands here twice"],
  ])("%s", (_, text, line, message) => {
    expect(readDocuments(text)).toEqual({ documents: [], faults: [{ line, message }] });
  });
});

it("of many keys each is found on its line, without a walk through all of them for each", () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `k${index}`);
  const { documents } = readDocuments(`spec:\n${names.map((name) => `  ${name}: 1\n`).join("")}`);
  const from = process.cpuUsage().user;
  expect(names.every((name, index) => documents[0]?.lineOf(`spec.${name}`) === index + 2)).toBe(true);
  // A walk for each takes half a minute.
  expect((process.cpuUsage().user - from) / 1e6).toBeLessThan(5);
});

it("what is nested too deeply, or stands for too much, is told in words", () => {
  const deep = readDocuments(`a: ${"[".repeat(5000)}${"]".repeat(5000)}`).faults;
  expect(deep.every(({ message }) => !message.includes("Invalid regular"))).toBe(true);
  const laughs = "bcdefghi".split("").map((name, index) => `${name}: &${name} [${`*${"abcdefgh"[index]},`.repeat(9)}]`);
  const { faults } = readDocuments(`a: &a [x,x,x,x,x,x,x,x,x]\n${laughs.join("\n")}\n`);
  expect(faults).toEqual([{ line: 1, message: "aliases (*name) stand for more than can be meant" }]);
});
