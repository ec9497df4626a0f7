import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { type HarmLine, keepFacts, renderMigrations } from "./migration-metrics.ts";

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

  const harmed = (lines: readonly (HarmLine & { readonly since?: string })[], phase: Phase = "Guard") => {
    const harm = { causes: [], stepDowns: 0, lines };
    const text = renderMigrations([keepFacts({ ...docs, status: { ...aStatus({ phase }), harm } })]);
    return text.split("\n").filter((line) => line.startsWith("retriever_migration_harm_"));
  };
  const score = { line: "score", slice: null, limit: 0.15, share: 0.4, n: 60, evidence: 1.25, since: "now" };
  const at = 'namespace="search",name="docs",target="app"';

  test("tell each line's limit by the plan, its share, its evidence and whether that stands", () => {
    const labels = `{${at},line="score",slice="all"}`;
    expect(harmed([score])).toEqual([
      `retriever_migration_harm_limit${labels} 0.15`,
      `retriever_migration_harm_share${labels} 0.4`,
      `retriever_migration_harm_evidence${labels} 1.25`,
      `retriever_migration_harm_stands${labels} 1`,
    ]);
  });

  test("of a slice have its index, and of a line without samples no share; just below 1 nothing stands", () => {
    const labels = `{${at},line="score",slice="0"}`;
    expect(harmed([{ ...score, slice: 0, share: null, evidence: 0.999 }])).toEqual([
      `retriever_migration_harm_limit${labels} 0.15`,
      `retriever_migration_harm_evidence${labels} 0.999`,
      `retriever_migration_harm_stands${labels} 0`,
    ]);
  });

  test.each(["RolledBack", "Completed", "RollingBack"] as const)("in %s tell of no harm any more", (phase) => {
    expect(harmed([score], phase)).toEqual([]);
  });

  test("of one migration are kept in about a kilobyte, whatever its plan and history hold", () => {
    const status = aStatus({
      plan: "x".repeat(20_000),
      conditions: [aCondition("Ready", "True", "y".repeat(2000)), aCondition("Settled", "True", "z".repeat(2000))],
    });
    expect(keepFacts({ ...docs, status }).length).toBeLessThan(1024);
  });
});
