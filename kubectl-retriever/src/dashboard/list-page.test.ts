import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { aCondition, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { expect, test } from "vitest";
import { viewMigration } from "#output/migration-view.ts";
import { listFragments } from "./list-page.ts";

/** The sentence above the list. */
function summaryOf(statuses: readonly Partial<MigrationStatus>[]): string {
  const migrations = statuses.map((status, index) => {
    const view = viewMigration(aRawMigration(aStatus(status)));
    return { namespace: "search", name: `docs-${index}`, view, version: 1, fault: undefined, resourceVersion: "1" };
  });
  const [heading] = listFragments(migrations, "/x/", 0);
  return /<p>([^<]*)</.exec(heading?.html ?? "")?.[1] ?? "";
}

test("the list says first how many wait for a person, and how many went back or stand still", () => {
  const paused = { phase: "Ramp", conditions: [aCondition("Paused", "True")] } as const;
  const stalled = { phase: "Guard", conditions: [aCondition("Stalled", "True")] } as const;
  expect(
    summaryOf([
      { phase: "Guard" },
      { phase: "AwaitingCutover" },
      { ...paused, conditions: [...paused.conditions] },
      { ...stalled, conditions: [...stalled.conditions] },
      { phase: "RollingBack" },
    ]),
  ).toBe("5 migrations, 2 waiting for a person, 2 going back, rolled back or stalled");
});

test("where nothing is wanted of anybody, the list only counts", () => {
  expect(summaryOf([{ phase: "Guard" }])).toBe("1 migration");
});
