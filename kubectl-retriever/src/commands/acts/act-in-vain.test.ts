// A Rollback is written by name before anything is read: what becomes of it where there is no such migration.
import { OperatorError } from "@retriever/operator/errors.ts";
import { aPlanText, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { expect, test } from "vitest";
import type { ActDocument, KubeClient } from "#kube-client.ts";
import { runCli } from "#program.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

const absent = async (): Promise<never> => {
  throw new OperatorError("ROP_NOT_FOUND", "get");
};

async function rollBackNothing(deleteAct: (act: ActDocument) => Promise<void>, more: Partial<KubeClient> = {}) {
  const terminal = makeFakeTerminal();
  const client = {
    readMigration: absent,
    listMigrations: async () => [aRawMigration(aStatus())],
    whoAmI: async () => "user-a",
    createAct: async (act: ActDocument) => ({ ...act, metadata: { ...act.metadata, name: "act-x1", uid: "act-1" } }),
    deleteAct,
    ...more,
  };
  const { around } = makeFakeSurroundings({ client, terminal });
  return { code: await runCli(["rollback", "docs-to-qdran"], around), said: terminal.warned.join() };
}

test("it is deleted again, and refused with the name that was meant", async () => {
  const deleted: unknown[] = [];
  const { code, said } = await rollBackNothing(async ({ metadata }) => void deleted.push(metadata.uid));
  expect(code).toBe(2);
  expect(deleted).toEqual(["act-1"]);
  expect(said).toMatch(/did you mean docs-to-qdrant\?.*the act was deleted again/);
});

test("where it may not be deleted, whoever may is told how", async () => {
  const { code, said } = await rollBackNothing(absent);
  expect(code).toBe(2);
  expect(said).toContain("kubectl delete migrationact act-x1 -n search");
});

test("in a namespace that isn't there, the namespace is named that has one of the name, and nothing is to be installed", async () => {
  const createAct = async () => {
    throw new OperatorError("ROP_NOT_FOUND", "create migrationacts serch", { details: { absent: "namespace" } });
  };
  const listMigrations = async () => [{ ...aRawMigration(), metadata: { name: "docs-to-qdran", namespace: "other" } }];
  const { code, said } = await rollBackNothing(absent, { createAct, listMigrations });
  expect(code).toBe(1);
  expect(said).toContain("there is one in namespace other");
  expect(said).not.toContain("Install");
});

test("where it isn't answered in time, nobody is told that it was or wasn't written, but where that is seen", async () => {
  const createAct = async () => {
    throw new OperatorError("ROP_DEADLINE_EXCEEDED", "create migrationacts search");
  };
  const { code, said } = await rollBackNothing(absent, { createAct });
  expect(code).toBe(124);
  expect(said).toContain("it isn't known whether the Rollback was written: kubectl get migrationacts -n search lists");
});

test.each(["client", "server"])(
  "in a dry run on the %s it is checked like any other act: nothing is said to be created or deleted",
  async (where) => {
    const written: unknown[] = [];
    const note = async (act: ActDocument) => (written.push(act), act);
    const terminal = makeFakeTerminal();
    const client = {
      readMigration: absent,
      listMigrations: async () => [aRawMigration(aStatus())],
      whoAmI: async () => "user-a",
      createAct: note,
      deleteAct: async (act: ActDocument) => void (await note(act)),
    };
    const { around } = makeFakeSurroundings({ client, terminal });
    expect(await runCli(["abort", "docs-to-qdran", "--dry-run", where], around)).toBe(1);
    expect([written, terminal.printed]).toEqual([[], []]);
    expect(terminal.warned.join()).toContain("did you mean docs-to-qdrant?");
  },
);

test("in a dry run of a migration that is over it is refused", async () => {
  const terminal = makeFakeTerminal();
  const status = aStatus({ phase: "Completed", plan: aPlanText() });
  const client = { readMigration: async () => aRawMigration(status), whoAmI: async () => "user-a" };
  const { around } = makeFakeSurroundings({ client, terminal });
  expect(await runCli(["rollback", "docs", "--dry-run", "client"], around)).toBe(2);
  expect(terminal.printed).toEqual([]);
});
