import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runCli } from "#program.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

const examples = new URL("../../../../examples/", import.meta.url);

test("lint prints the names of what is fine, and says beside them what isn't", async () => {
  const files = {
    read: async (path: string) => readFileSync(new URL(path, examples), "utf8"),
    write: async () => undefined,
  };
  const terminal = makeFakeTerminal();
  const words = ["lint", "-f", "default/migration.yaml", "-f", "refused/falling-stages.yaml", "-o", "name"];
  expect(await runCli(words, makeFakeSurroundings({ files, terminal }).around)).toBe(2);
  expect(terminal.printed).toEqual(["retrievermigration.retriever.dev/docs-to-qdrant"]);
  expect(terminal.warned).toContainEqual(
    expect.stringMatching(/^refused\/falling-stages\.yaml:\d+: spec\.stages: received array/),
  );
});

test("lint of a folder passes over what is no YAML and never names anything of ours, and tells the rest", async () => {
  const given: Readonly<Record<string, string>> = {
    "chart/templates/app.yaml": "{{- if .Values.on }}\nkind: Deployment\n{{- end }}\n",
    "chart/templates/migration.yaml": "{{- if .Values.on }}\nkind: RetrieverMigration\n{{- end }}\n",
    "migration.yaml": readFileSync(new URL("default/migration.yaml", examples), "utf8"),
  };
  const files = {
    read: async (path: string) => given[path] ?? "",
    write: async () => undefined,
    manifestsIn: async (path: string) => (path === "." ? Object.keys(given) : undefined),
  };
  const terminal = makeFakeTerminal();
  expect(await runCli(["lint", "-R", "-f", "."], makeFakeSurroundings({ files, terminal }).around)).toBe(1);
  expect(terminal.printed).toEqual([expect.stringMatching(/^migration\.yaml:\d+: RetrieverMigration .*: ok/)]);
  const told = new Set(terminal.warned.map((line) => line.split(":")[0]));
  expect([...told]).toEqual(["chart/templates/migration.yaml"]);
});
