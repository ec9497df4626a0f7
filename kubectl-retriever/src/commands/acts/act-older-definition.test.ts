import { OperatorError } from "@retriever/operator/errors.ts";
import { aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { describe, expect, test } from "vitest";
import type { ActDocument, KubeClient } from "#kube-client.ts";
import { runCli } from "#program.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

/** A cluster whose definition of an act is from before an act could name its migration without the UID. */
function arrange(client: Partial<KubeClient> = {}) {
  const terminal = makeFakeTerminal();
  const created: ActDocument[] = [];
  const fake: Partial<KubeClient> = {
    userName: "ada",
    whoAmI: async () => "ada",
    readMigration: async () => aRawMigration(aStatus({ phase: "Guard" })),
    listMigrations: async () => [aRawMigration(aStatus({ phase: "Guard" }))],
    listEvents: async () => [],
    createAct: async (act) => {
      if (act.spec.migration.uid === undefined)
        throw new OperatorError("ROP_INVALID", "spec.migration.uid: Required value");
      created.push(act);
      return { ...act, metadata: { ...act.metadata, name: "act-x1", uid: "act-1" } };
    },
    ...client,
  };
  const { around } = makeFakeSurroundings({ client: fake, terminal });
  return { run: (line: string) => runCli(line.split(" "), around), created, ...terminal };
}

describe("where the definition of an act is older and asks for the UID", () => {
  test.each(["rollback", "abort"])("%s is written with it", async (verb) => {
    const { run, created } = arrange();
    expect(await run(`${verb} docs-to-qdrant -n search --yes`)).toBe(0);
    expect(created.map(({ spec }) => spec.migration)).toEqual([{ name: "docs-to-qdrant", uid: "uid-1" }]);
  });

  test("rollback of a migration whose status can't be read is written all the same", async () => {
    const { run, created } = arrange({
      readMigration: async () => ({ metadata: { name: "docs-to-qdrant", uid: "uid-1" }, status: { phase: "Later" } }),
    });
    await run("rollback docs-to-qdrant -n search --yes");
    expect(created).toHaveLength(1);
  });

  test("rollback of what isn't there says what was probably meant", async () => {
    const { run, created, warned } = arrange({
      readMigration: async () => {
        throw new OperatorError("ROP_NOT_FOUND", "get it");
      },
    });
    expect(await run("rollback docs-to-qdran -n search --yes")).toBe(1);
    expect(created).toEqual([]);
    expect(warned.join("\n")).toContain("did you mean docs-to-qdrant?");
  });

  test("rollback where nothing can be read says what the API server refused", async () => {
    const { run, warned } = arrange({
      readMigration: async () => {
        throw new OperatorError("ROP_FORBIDDEN", "get it");
      },
    });
    expect(await run("rollback docs-to-qdrant -n search --yes")).toBe(2);
    expect(warned.join("\n")).toContain("spec.migration.uid: Required value");
  });
});
