import { describe, expect, test } from "vitest";
import type { ConfigMapRead, ConfigSource } from "#ports/cluster.ts";
import { baseText } from "#test/builders/search-app.ts";
import { type FilledSource, readBase } from "./read-base.ts";

function aSource(
  name: string,
  data: Readonly<Record<string, string>> | undefined,
  more: Partial<ConfigSource> = {},
): FilledSource {
  const rest = { annotations: {}, finalizers: [], deleting: false, foreignManagers: [] };
  const configMap: ConfigMapRead | undefined = data === undefined ? undefined : { name, data, ...rest };
  return { source: { configMap: name, optional: false, items: null, ...more }, configMap };
}

const base = { "retriever.json": baseText };

describe("the base of a config directory", () => {
  test("is the one ConfigMap that brings a base file", () => {
    expect(readBase([aSource("app", base), aSource("other", { "app.properties": "x" })])).toEqual({
      configMaps: ["app"],
      faults: [],
    });
  });

  test("may be YAML", () => {
    const yaml = "primary:\n  kind: qdrant\n  url: http://q:6333\n  collection: c\n";
    expect(readBase([aSource("app", { "retriever.yaml": yaml })])).toEqual({ configMaps: ["app"], faults: [] });
  });

  test("may be another key, projected to the name of a base file", () => {
    const items = [{ key: "prod.json", path: "retriever.json" }];
    expect(readBase([aSource("app", { "prod.json": baseText }, { items })]).configMaps).toEqual(["app"]);
    expect(
      readBase([aSource("app", base, { items: [{ key: "retriever.json", path: "hidden.json" }] })]).configMaps,
    ).toEqual([]);
  });

  test.each(["constructor", "__proto__", "toString"])("is not what every object has under the key %s", (key) => {
    const items = [{ key, path: "retriever.json" }];
    expect(readBase([aSource("app", base, { items })])).toEqual({ configMaps: [], faults: [] });
  });

  test.each([
    ["none", [aSource("app", { other: "x" }), aSource("gone", undefined)], []],
    ["an optional one", [aSource("app", base, { optional: true })], []],
    ["two", [aSource("a", base), aSource("b", base)], ["a", "b"]],
  ])("with %s lists what there is and judges nothing", (_, sources, configMaps) => {
    expect(readBase(sources)).toEqual({ configMaps, faults: [] });
  });

  test("with two base files in one ConfigMap names both", () => {
    const { faults } = readBase([aSource("app", { ...base, "retriever.yml": "a: 1" })]);
    expect(faults).toEqual([
      { path: "(root)", message: "expected one base file, found retriever.json, retriever.yml" },
    ]);
  });

  test.each([
    [
      "isn't JSON or YAML",
      '{"primary": {"kind": "pgvector", "connectionString": "postgres://u:secret-canary@h/d"',
      "(root)",
      "line 1",
    ],
    ["repeats a key", "primary: secret-canary\nprimary: secret-canary\n", "(root)", "line 2"],
    [
      "has a wrong field",
      '{"primary": {"kind": "qdrant", "url": "secret-canary", "collection": "c"}}',
      "primary.url",
      "expected http",
    ],
    ["isn't an object", "secret-canary", "(root)", "expected object"],
  ])("that %s is refused with its place and not a word of its content", (_, text, path, about) => {
    const { faults } = readBase([aSource("app", { "retriever.json": text })]);
    expect(faults[0]?.path).toBe(path);
    expect(faults[0]?.message).toContain(about);
    expect(JSON.stringify(faults)).not.toContain("secret-canary");
  });

  test("that unfolds without end is refused", () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi"
      .split("")
      .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghi"[at]}`).join(",")}]`)
      .join("\n")}\n`;
    expect(readBase([aSource("app", { "retriever.yaml": bomb })]).faults.length).toBeGreaterThan(0);
  });
});
