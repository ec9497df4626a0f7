import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { aDetection, aStandingLine } from "#test/builders/detection.ts";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import { keepFacts, renderMigrations } from "./migration-metrics.ts";

const docs = { namespace: "search", name: "docs", target: "app" };

describe("the metrics of migrations", () => {
  test("stand under one heading each, however many migrations there are", () => {
    const kept = [docs, { ...docs, name: "pages" }].map((facts) => keepFacts({ ...facts, status: aStatus() }));
    const text = renderMigrations(kept);
    expect(text.split("\n").filter((line) => line === "# TYPE retriever_migration_epoch gauge").length).toBe(1);
    expect(text).toContain(
      'retriever_migration_epoch{namespace="search",name="docs",target="app"} 0\nretriever_migration_epoch{namespace="search",name="pages",target="app"} 0\n',
    );
  });

  test("are described when there is no migration", () => {
    expect(renderMigrations([])).toContain("# TYPE retriever_migration_phase gauge\n");
  });

  test("tell how many pods are fenced, also where the status names only some of them", () => {
    const told = (names: number, fencedPods: number) => {
      const fenced = Array.from({ length: names }, (_, index) => `pod-${index}`);
      const acks = { pods: 100, matched: 60, lagging: [], lost: [], fenced };
      const status = aStatus({ acks, cutover: { fenced: [], fencedPods } });
      return renderMigrations([keepFacts({ ...docs, status })]).match(/state="fenced"\} (\d+)/)?.[1];
    };
    expect([told(0, 3), told(2, 3), told(20, 40)]).toEqual(["0", "2", "40"]);
  });

  test("take any text as a label, escaped", () => {
    const text = renderMigrations([keepFacts({ ...docs, target: 'a"b\\c\nd', status: aStatus() })]);
    expect(text).toContain('target="a\\"b\\\\c\\nd"');
  });

  const at = 'namespace="search",name="docs",target="app"';

  test.each([
    ["Guard", ["latency_delta_limit_seconds{AT} 0.12", "score_delta_limit{AT} 0.3"]],
    ["Completed", []],
  ] as const)("in %s tell what a sample may differ by the plan, as far as samples are judged", (phase, expected) => {
    const plan = aSpec({ thresholds: { latencyDelta: { limitMs: 120 }, scoreDelta: { limit: 0.3 } } });
    const text = renderMigrations([keepFacts({ ...docs, status: aStatus({ phase, plan: JSON.stringify(plan) }) })]);
    const rows = text.split("\n").filter((row) => /^retriever_migration_(latency|score)_delta/.test(row));
    expect(rows).toEqual(expected.map((row) => `retriever_migration_${row.replace("AT", at)}`));
  });

  const quiet = { bad: 40, evidence: 0.999, clock: undefined };
  const harmed = (more: object, { phase = "Guard", epoch = 0 }: { phase?: Phase; epoch?: number } = {}) => {
    const detection = aDetection(epoch, [{ ...aStandingLine("score"), ...more }]);
    const text = renderMigrations([keepFacts({ ...docs, status: aStatus({ phase, detection }) })]);
    return text.split("\n").filter((row) => row.startsWith("retriever_migration_harm_"));
  };

  test("tell each line's limit by the plan, its share, its evidence and whether that stands", () => {
    const labels = `{${at},line="score",slice="all"}`;
    expect(harmed(quiet)).toEqual([
      `retriever_migration_harm_limit${labels} 0.05`,
      `retriever_migration_harm_share${labels} 0.04`,
      `retriever_migration_harm_evidence${labels} 0.999`,
      `retriever_migration_harm_stands${labels} 0`,
    ]);
  });

  test("of a line that stands have the share since then, of a slice its index, and without samples no share", () => {
    expect(harmed({}).slice(1)).toEqual([
      `retriever_migration_harm_share{${at},line="score",slice="all"} 0.5`,
      `retriever_migration_harm_evidence{${at},line="score",slice="all"} 1`,
      `retriever_migration_harm_stands{${at},line="score",slice="all"} 1`,
    ]);
    expect(harmed({ ...quiet, slice: 0, bad: 0, n: 0 }).map((row) => row.split(" ")[0])).toEqual([
      `retriever_migration_harm_limit{${at},line="score",slice="0"}`,
      `retriever_migration_harm_evidence{${at},line="score",slice="0"}`,
      `retriever_migration_harm_stands{${at},line="score",slice="0"}`,
    ]);
  });

  test.each(["RolledBack", "Completed", "RollingBack"] as const)("in %s tell of no harm any more", (phase) => {
    expect(harmed({}, { phase })).toEqual([]);
  });

  test("tell nothing of another epoch's harm", () => {
    expect(harmed({}, { epoch: 7 })).toEqual([]);
  });

  test("of one migration are kept in about a kilobyte, whatever its plan and history hold", () => {
    const status = aStatus({
      plan: "x".repeat(20_000),
      conditions: [aCondition("Ready", "True", "y".repeat(2000)), aCondition("Settled", "True", "z".repeat(2000))],
    });
    expect(keepFacts({ ...docs, status }).length).toBeLessThan(1024);
  });
});
