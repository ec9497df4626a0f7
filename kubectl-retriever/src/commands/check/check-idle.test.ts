import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import { aCondition, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { FakeClock } from "@retriever/operator/test/fakes/fake-clock.ts";
import { describe, expect, test } from "vitest";
import type { KubeClient } from "#kube-client.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";
import { checkIdle } from "./check-idle.ts";

const { signal } = new AbortController();

function arrange(statuses: readonly MigrationStatus[], more: Partial<KubeClient> = {}) {
  const asked: (string | undefined)[] = [];
  const client = {
    readMigration: async () => undefined,
    listMigrations: async (namespace) => {
      asked.push(namespace);
      return statuses.map((status) => aRawMigration(status));
    },
    readActIdentityProved: async () => true,
    userName: "from-kubeconfig",
    whoAmI: async () => "user-a",
    ...more,
  } as KubeClient;
  const terminal = makeFakeTerminal();
  const clock = new FakeClock();
  const check = (namespaces: readonly string[] = []) => checkIdle(namespaces, { client, terminal, clock }, signal);
  return { check, asked, clock, ...terminal };
}

const finalizers = ["retriever.dev/settle"];

function aDeletedOne(status: MigrationStatus, kept: readonly string[] = finalizers) {
  const raw = aRawMigration(status);
  const metadata = { ...(raw["metadata"] as object), deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: kept };
  return { ...raw, metadata };
}

const begun = aStatus({ phase: "Guard", epoch: 4 });
const settled = aStatus({ phase: "Completed", epoch: 5, conditions: [aCondition("Settled", "True")] });

describe("check --idle", () => {
  test("refuses while a migration is under way, and names it", async () => {
    const { check, printed, warned } = arrange([begun]);
    expect(await check()).toBe(2);
    expect(printed.join("\n")).toMatch(/\/docs-to-qdrant: Guard/);
    expect(warned.join("\n")).toContain("nobody rolls these back");
  });

  test("lists the namespaces it is given", async () => {
    const { check, asked } = arrange([]);
    await check(["search", "shop"]);
    expect(asked).toEqual(["search", "shop"]);
  });

  test("passes when all are over or none has begun", async () => {
    const { check } = arrange([settled, aStatus({ phase: "RolledBack", epoch: 3 }), aStatus({ phase: "Pending" })]);
    expect(await check()).toBe(0);
  });

  test("passes, and says so, where one is completed and not settled", async () => {
    const { check, printed } = arrange([aStatus({ phase: "Completed", epoch: 5 })]);
    expect(await check()).toBe(0);
    expect(printed.join("\n")).toContain("not settled");
  });

  test.each([begun, settled, aStatus({ phase: "Pending" })])(
    "waits for one that is being deleted in $phase, and passes once it is gone",
    async (status) => {
      const listed = [[aDeletedOne(status)], [aDeletedOne(status)], []];
      const { check, clock, printed } = arrange([], { listMigrations: async () => listed.shift() ?? [] });
      const checked = check();
      await clock.advance(4000);
      expect(await checked).toBe(0);
      expect(printed.at(-1)).toBe("waiting for 1 to be deleted");
      expect(listed).toEqual([]);
    },
  );

  test("refuses one that is being deleted and isn't gone after 90 s", async () => {
    const { check, clock, warned } = arrange([], { listMigrations: async () => [aDeletedOne(begun)] });
    const checked = check();
    await clock.advance(89_000);
    expect(warned).toEqual([]);
    await clock.advance(1000);
    expect(await checked).toBe(2);
    expect(warned).toEqual(["refused: without the operator these are never gone: search/docs-to-qdrant: Guard"]);
  });

  test("refuses at once while another is under way, and as soon as another begins", async () => {
    const both = [aDeletedOne(settled), aRawMigration(begun)];
    expect(await arrange([], { listMigrations: async () => both }).check()).toBe(2);
    const listed = [[aDeletedOne(settled)], both];
    const { check, clock, warned } = arrange([], { listMigrations: async () => listed.shift() ?? both });
    const checked = check();
    await clock.advance(2000);
    expect(await checked).toBe(2);
    expect(warned.join("\n")).toContain("nobody rolls these back");
  });

  test("passes where somebody else's finalizer alone keeps a deleted one that is over", async () => {
    const { check } = arrange([], { listMigrations: async () => [aDeletedOne(settled, ["example.org/other"])] });
    expect(await check()).toBe(0);
  });

  test("passes where the API isn't served any more", async () => {
    const listMigrations = async () => Promise.reject(new OperatorError("ROP_NOT_FOUND", "list"));
    expect(await arrange([], { listMigrations }).check()).toBe(0);
  });

  test("doesn't pass where nobody may look", async () => {
    const listMigrations = async () => Promise.reject(new OperatorError("ROP_FORBIDDEN", "list"));
    await expect(arrange([], { listMigrations }).check()).rejects.toMatchObject({ code: "ROP_FORBIDDEN" });
  });
});
