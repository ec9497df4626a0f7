import { phases } from "@retriever/crds/status/migration-status.ts";
import { aPlanText, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import type { Command, Option } from "commander";
import { describe, expect, test } from "vitest";
import type { KubeClient } from "#kube-client.ts";
import { makeProgram, runCli } from "#program.ts";
import { makeFakeRequest } from "#test/fake-request.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

function arrange(more: Partial<KubeClient> = {}) {
  const terminal = makeFakeTerminal();
  const ramping = aRawMigration(aStatus({ phase: "Ramp", plan: aPlanText() }));
  const client = { listMigrations: async () => [ramping], readMigration: async () => ramping, ...more };
  const request = makeFakeRequest({
    "/api/v1/namespaces": [{ metadata: { name: "search" } }, { metadata: { name: "shop" } }],
    "/apis/apps/v1/namespaces/search/deployments": [{ metadata: { name: "search-api" } }],
  });
  const { around, connections } = makeFakeSurroundings({ client, request, terminal });
  /** The words before the last, and the last as far as it is typed. */
  const completed = async (...words: readonly string[]) => {
    terminal.printed.length = 0;
    expect(await runCli(["__complete", ...words], around)).toBe(0);
    return terminal.printed.join("\n").split("\n");
  };
  return { completed, connections, program: makeProgram(around, () => undefined), ...terminal };
}

describe("completion", () => {
  test("of the first word knows every command that help shows, with what it does", async () => {
    const { completed, program } = arrange();
    const shown = program.createHelp().visibleCommands(program);
    expect(await completed("")).toEqual([...shown.map((one) => `${one.name()}\t${one.description()}`), ":4"]);
    expect((await completed("rehe")).map((line) => line.split("\t")[0])).toEqual(["rehearse", ":4"]);
    expect((await completed("--ver"))[0]).toMatch(/^--version\t/);
    expect((await completed("-n", "shop", "rehe")).map((line) => line.split("\t")[0])).toEqual(["rehearse", ":4"]);
  });

  test("of a migration's name asks the cluster that the words before it name, and waits for a second and a half", async () => {
    const { completed, connections } = arrange();
    expect(await completed("status", "--context", "prod", "-n", "shop", "do")).toEqual(["docs-to-qdrant\tRamp", ":4"]);
    expect(connections).toMatchObject([{ context: "prod", deadlineMs: 1500 }]);
    expect(await completed("status", "docs-to-qdrant", "")).toEqual([":4"]);
  });

  test.each([
    [
      ["get", "-n", "sh"],
      ["shop", ":4"],
    ],
    [
      ["check", "--for", ""],
      ["deployment/search-api", ":4"],
    ],
    [
      ["approve", "docs-to-qdrant", "--role", "s"],
      ["sre-on-call", ":4"],
    ],
    [
      ["waive", "docs-to-qdrant", "--check", "par"],
      ["parity", ":4"],
    ],
    [
      ["wait", "docs-to-qdrant", "--for", "Gu"],
      ["Guard", "GuardPassed", ":4"],
    ],
    [
      ["rehearse", "-f", "m.yaml", "--scenario", "heal"],
      ["healthy", ":4"],
    ],
    [
      ["get", "--namespace=sh"],
      ["shop", ":4"],
    ],
    [
      ["wait", "docs-to-qdrant", "--for=Gu"],
      ["Guard", "GuardPassed", ":4"],
    ],
    [
      ["-n", "sh"],
      ["shop", ":4"],
    ],
    [
      ["--context=prod", "-n", "shop", "status", "do"],
      ["docs-to-qdrant\tRamp", ":4"],
    ],
    [["lint", "--filename="], [":0"]],
    [["lint", "-f", ""], [":0"]],
    [["replay", ""], [":0"]],
    [
      ["init", ""],
      ["deployment/search-api", ":4"],
    ],
    [
      ["completion", "z"],
      ["zsh", ":4"],
    ],
    [["status", "docs-to-qdrant", "--reason", ""], [":4"]],
    [["explode", ""], [":4"]],
  ])("of %j is %j", async (words, lines) => {
    expect(await arrange().completed(...words)).toEqual(lines);
  });

  test("knows every option of every command, but not one that is given already, and every choice of each", async () => {
    const { completed, program } = arrange();
    for (const command of program.commands) {
      const options = command.createHelp().visibleOptions(command);
      const known = (await completed(command.name(), "--")).map((line) => line.split("\t")[0]);
      expect(known).toEqual([...options.map(({ long }) => long), ":4"]);
      for (const option of options) await expectChoices(completed, command, option);
    }
    expect((await completed("get", "-A", "--")).join("\n")).not.toContain("--all-namespaces");
  });

  test("of a cluster that doesn't answer is nothing, without a word", async () => {
    const { completed, warned } = arrange({ listMigrations: async () => Promise.reject(new Error("away")) });
    expect(await completed("status", "")).toEqual([":4"]);
    expect(await completed("status", "--request-timeout", "never", "")).toEqual([":4"]);
    expect(warned).toEqual([]);
  });

  test("of wait knows every phase", async () => {
    expect(await arrange().completed("wait", "x", "--for", "")).toEqual(expect.arrayContaining([...phases]));
  });
});

async function expectChoices(
  completed: (...words: readonly string[]) => Promise<readonly string[]>,
  command: Command,
  { argChoices, long }: Option,
): Promise<void> {
  if (argChoices === undefined) return;
  expect(await completed(command.name(), long ?? "", "")).toEqual([...argChoices, ":4"]);
}
