import { describe, expect, test } from "vitest";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { keepFacts, renderMigrations } from "./migration-metrics.ts";

const docs = { namespace: "search", name: "docs", target: "app" };

describe("the metrics of migrations", () => {
  test("stand under one heading each, however many migrations there are", () => {
    const kept = [docs, { ...docs, name: "pages" }].map((facts) => keepFacts({ ...facts, status: aStatus() }));
    const text = renderMigrations(kept);
    expect(text.split("\n").filter((line) => line === "# TYPE retriever_migration_epoch gauge").length).toBe(1);
    expect(text).toContain(
      'retriever_migration_epoch{namespace="search",name="docs"} 0\nretriever_migration_epoch{namespace="search",name="pages"} 0\n',
    );
  });

  test("are described when there is no migration", () => {
    expect(renderMigrations([])).toContain("# TYPE retriever_migration_phase gauge\n");
  });

  test("take any text as a label, escaped", () => {
    const text = renderMigrations([keepFacts({ ...docs, target: 'a"b\\c\nd', status: aStatus() })]);
    expect(text).toContain('target="a\\"b\\\\c\\nd"');
  });

  test("of one migration are kept in about a kilobyte, whatever its plan and history hold", () => {
    const status = aStatus({
      plan: "x".repeat(20_000),
      conditions: [aCondition("Ready", "True", "y".repeat(2000)), aCondition("Settled", "True", "z".repeat(2000))],
    });
    expect(keepFacts({ ...docs, status }).length).toBeLessThan(1024);
  });
});
