// A Rollback is written by name before anything is read: what becomes of it where there is no such migration.
import { OperatorError } from "@retriever/operator/errors.ts";
import { aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
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
