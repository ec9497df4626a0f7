import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { aCondition, aPlanText, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { describe, expect, test } from "vitest";
import { viewMigration } from "./migration-view.ts";
import { servingOf, unattendedLine } from "./serving.ts";

const at = "2026-01-01T11:19:00Z";
const revision = { epoch: 7, shadow: "none", sampleRate: 0, released: false, at } as const;
const [onSource, onDestination] = [
  { ...revision, primary: "source" },
  { ...revision, primary: "destination" },
] as const;
const acked = (matched: number, more: object = {}) => ({ pods: 10, matched, lagging: [], lost: [], ...more });

const source = { kind: "pgvector", label: "pgvector", digest: "a".repeat(32), placeDigest: "a".repeat(32) };
const viewOf = (status: Partial<MigrationStatus>) => viewMigration(aRawMigration(aStatus({ source, ...status })));

describe("who serves", () => {
  test.each([
    [
      "that every pod confirmed is said alone",
      { phase: "CuttingOver", revision: onDestination, acks: acked(10) },
      "qdrant",
      [],
    ],
    [
      "in a cutover that 8 of 10 pods follow is in doubt for the others",
      { phase: "CuttingOver", revision: onDestination, acks: acked(8) },
      "qdrant: 8 of 10 pods",
      ["the others may still serve pgvector"],
    ],
    [
      "in a rollback that no pod follows yet may be the destination everywhere",
      { phase: "RollingBack", revision: onSource, cutoverAt: at, acks: acked(0) },
      "pgvector: 0 of 10 pods",
      ["all pods may still serve qdrant"],
    ],
    [
      "right after a rollback was decided is not confirmed",
      { phase: "RollingBack", revision: onSource, cutoverAt: at },
      "pgvector: not confirmed yet",
      ["all pods may still serve qdrant"],
    ],
    [
      "in a rollback from before the cutover is the source whoever follows",
      { phase: "RollingBack", revision: onSource, acks: acked(8) },
      "pgvector",
      ["confirmed by 8 of 10 pods"],
    ],
    [
      "in a guard with a pod that was left behind is in doubt for it",
      { phase: "Guard", revision: onDestination, acks: acked(9, { fenced: ["search-api-1"] }) },
      "qdrant: 9 of 10 pods",
      ["the others may still serve pgvector"],
    ],
    [
      "in a guard without answers is said with how many confirm it",
      { phase: "Guard", revision: onDestination, acks: acked(0) },
      "qdrant",
      ["confirmed by 0 of 10 pods"],
    ],
    ["before anything is written is the source", { phase: "Preflight" }, "pgvector", []],
  ] as const)("%s", (_title, status, word, doubts) => {
    expect(servingOf(viewOf(status as Partial<MigrationStatus>))).toMatchObject({ word, doubts });
  });
});

describe("what happens about harm in the guard when nobody does anything", () => {
  const ready = aCondition("RollbackReady", "True");

  test("is a rollback, with how long it takes, while its path is ready", () => {
    const line = unattendedLine(viewOf({ phase: "Guard", conditions: [ready] }));
    expect(line).toBe("Goes back by itself when the destination fails, or is worse for about 7m30s.");
  });

  test("isn't promised while the rollback path isn't known to be ready", () => {
    expect(unattendedLine(viewOf({ phase: "Guard", conditions: [aCondition("RollbackReady", "Unknown")] }))).toBe("");
  });

  test("is nothing where the plan leaves it to people", () => {
    const plan = aPlanText({ rollback: { automatic: false } });
    const view = viewOf({ phase: "Guard", conditions: [ready], plan });
    expect(unattendedLine(view)).toContain("rollback.automatic is false");
  });
});
