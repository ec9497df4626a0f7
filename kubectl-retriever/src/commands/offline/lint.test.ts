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
