// Rules and dashboards held to the metrics that exist and to the page that explains the alerts.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { canaryAlert, isOwnEvidence } from "../../operator/src/core/model/alert-observation.ts";
import { metricTable as operatorMetrics } from "../../operator/src/telemetry/metric-table.ts";
import { metricTable as sidecarMetrics } from "../../retriever-sidecar/src/telemetry/metric-table.ts";

const root = join(import.meta.dirname, "../..");
const chart = join(root, "charts/retriever-migration-operator/files");

type Rule = {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};
const file = parse(readFileSync(join(chart, "rules/retriever.yaml"), "utf8")) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = file.groups.flatMap((group) => group.rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const records = rules.flatMap(({ record }) => record ?? []);
const page = readFileSync(join(root, "docs/alerts.md"), "utf8");

const names = new Set([
  ...operatorMetrics.map(({ name }) => name as string),
  ...Object.keys(sidecarMetrics),
  ...records,
]);
/** Labels and functions that look like one of our metrics. */
const words = new Set(["retriever"]);

function unknownMetrics(expr: string): string[] {
  const plain = expr.replace(/"[^"]*"/g, '""');
  const found = plain.match(/\b(?:[a-z_]+:)?(?:retr_|retrieval_|retriever_)[a-z0-9_]*(?::[a-z0-9_]+)?/g) ?? [];
  return found.filter(
    (name) => !names.has(name) && !names.has(name.replace(/_(bucket|sum|count)$/, "")) && !words.has(name),
  );
}

function promises(name: string): Rule {
  return alerts.find(({ alert }) => alert === name) ?? { expr: "" };
}

describe("the rules", () => {
  it("ask for metrics that exist", () => {
    expect(rules.flatMap(({ expr }) => unknownMetrics(expr))).toEqual([]);
    expect(unknownMetrics("rate(retr_gone_total[5m]) + namespace_target:retr_gone:ratio")).toHaveLength(2);
  });

  it.each(alerts.map((rule) => [rule.alert ?? "", rule] as const))(
    "%s says what to do, and where it is explained",
    (alert, rule) => {
      const { summary, description, runbook_url: url } = rule.annotations ?? {};
      expect(summary).toBeTruthy();
      expect(description).toBeTruthy();
      expect(rule.labels?.["severity"]).toMatch(/^(critical|warning|info|none)$/);
      expect(url).toBe(`RUNBOOK_URL#${alert.toLowerCase()}`);
      // What the operator does by itself comes first: whoever is called may have nothing to do.
      expect(page).toMatch(new RegExp(`\n### ${alert}\n\nBy itself: .+[.]\n`));
    },
  );

  it("are all there are on the page", () => {
    const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(alerts.map(({ alert }) => alert));
  });

  it("fire the alert by the operator's evidence alone, which it knows again, and never by a threshold of their own", () => {
    const high = promises("RETR_DUAL_VARIANCE_HIGH");
    expect(high.expr).toContain("(retriever_migration_harm_stands) == 1");
    expect(isOwnEvidence(high.labels ?? {})).toBe(true);
    expect(rules.filter(({ expr }) => expr.includes("> 0.05"))).toEqual([]);
  });

  it("have a second witness that needs the sidecars only, and isn't the operator's word", () => {
    const witness = promises("RETR_DUAL_VARIANCE_SIDECARS");
    expect(witness.expr).not.toContain("retriever_migration_harm_stands");
    expect(isOwnEvidence(witness.labels ?? {})).toBe(false);
    expect(witness.annotations?.["description"]).toContain("the operator may be dead");
  });

  it("state the users' warnings, one-sided, by namespace and target", () => {
    expect(promises("RetrieverLatencyDeltaWarning")).toMatchObject({ for: "15m" });
    expect(promises("RetrieverLatencyDeltaWarning").expr).toContain(">= 60");
    expect(promises("RetrieverScoreDeltaWarning").expr).toContain(">= 0.15");
    const sidecars = alerts.filter(({ expr }) => /retr_dual/.test(expr)).map(({ expr }) => expr);
    for (const expr of sidecars) expect(expr).toMatch(/namespace_target(_cause)?:|by \(namespace, target\)/);
  });

  it("have the canary the operator listens for", () => {
    expect(promises(canaryAlert).expr).toContain("by (namespace, target)");
  });
});

describe("the dashboards", () => {
  const dashboards = globSync("dashboards/*.json", { cwd: chart }).map((path) => ({
    path,
    text: readFileSync(join(chart, path), "utf8"),
  }));

  it("are the users' four, one of the migrations and one of the operator", () => {
    expect(dashboards.map(({ path }) => path.replace("dashboards/", "")).toSorted()).toEqual([
      "backend-latency.json",
      "migration.json",
      "operator.json",
      "sample-rate-audit.json",
      "shadow-health.json",
      "variance-overview.json",
    ]);
  });

  it.each(dashboards)("$path asks for metrics that exist, and has a store variable", ({ text }) => {
    const { panels, templating } = JSON.parse(text) as {
      panels: { targets: { expr: string }[] }[];
      templating: { list: { name: string; query: string | { query: string } }[] };
    };
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(3);
    expect(queries.flatMap(unknownMetrics)).toEqual([]);
    expect(templating.list.map(({ name }) => name)).toEqual([
      "datasource",
      "namespace",
      "migration",
      "target",
      "store",
    ]);
    expect(unknownMetrics(JSON.stringify(templating.list.map(({ query }) => query)).replaceAll('"', " "))).toEqual([]);
  });

  it.each(dashboards)(
    "$path draws what is compared in one panel by one key: all by Deployment, or none",
    ({ text }) => {
      const { panels } = JSON.parse(text) as { panels: { title: string; targets: { expr: string }[] }[] };
      const mixed = panels.filter(({ targets }) => {
        const byTarget = targets.map(({ expr }) => /by \([^)]*\btarget\b/.test(expr));
        return byTarget.includes(true) && byTarget.includes(false);
      });
      expect(mixed.map(({ title }) => title)).toEqual([]);
    },
  );

  it.each(dashboards)(
    "$path shows in its tiles what is, and among all what was created since it was opened",
    ({ text }) => {
      const { panels, templating } = JSON.parse(text) as {
        panels: { type: string; targets: { instant?: boolean }[] }[];
        templating: { list: { type: string; allValue?: string }[] };
      };
      const tiles = panels.filter(({ type }) => type === "stat").flatMap(({ targets }) => targets);
      expect(tiles.filter(({ instant }) => instant !== true)).toEqual([]);
      const queried = templating.list.filter(({ type }) => type === "query");
      expect(queried.map(({ allValue }) => allValue)).toEqual(queried.map(() => ".+"));
    },
  );
});
