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

test("lint of a folder passes over what is no YAML of ours or too large for one, and tells of a template of ours", async () => {
  const given: Readonly<Record<string, string>> = {
    "chart/templates/app.yaml": "{{- if .Values.on }}\nkind: Deployment\n{{- end }}\n",
    "chart/templates/search.yaml": '{{ include "retriever-sidecar.container" . }}\nkind: Deployment\n',
    "chart/templates/migration.yaml": "{{- if .Values.on }}\nkind: RetrieverMigration\n{{- end }}\n",
    "migration.yaml": readFileSync(new URL("default/migration.yaml", examples), "utf8"),
  };
  const tooLarge = Object.assign(new Error("it is larger than 1 MiB"), { code: "EFBIG" });
  const files = {
    read: async (path: string) => given[path] ?? Promise.reject(tooLarge),
    write: async () => undefined,
    manifestsIn: async (path: string) => (path === "." ? [...Object.keys(given), "package-lock.json"] : undefined),
  };
  const terminal = makeFakeTerminal();
  expect(await runCli(["lint", "-R", "-f", "."], makeFakeSurroundings({ files, terminal }).around)).toBe(1);
  expect(terminal.printed).toEqual([expect.stringMatching(/^migration\.yaml:\d+: RetrieverMigration .*: ok/)]);
  expect(terminal.warned).toEqual([
    expect.stringMatching(/^chart\/templates\/migration\.yaml:1: a template isn't checked; what it makes is, by helm/),
    "package-lock.json: warning: passed over: it is larger than 1 MiB",
  ]);
});
