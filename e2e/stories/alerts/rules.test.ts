// The rules that the chart ships, on series made for them and judged by the real promtool; and the page that explains them.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findBinaries } from "#support/prometheus/binaries.ts";
import { alertName, shipped } from "#support/prometheus/rules.ts";

const page = join(import.meta.dirname, "../../../docs/alerts.md");
const place = 'namespace="search",target="search-api"';
const binaries = findBinaries();
const missing = "missing" in binaries ? binaries.missing : undefined;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retriever-rules-"));
});
afterEach(() => rm(folder, { recursive: true }));

type Expected = { readonly causes: readonly string[]; readonly minutes: number };

/** What two pods count each minute, and which causes fire after so many minutes. */
async function judge(perMinute: Readonly<Record<string, number>>, { causes, minutes }: Expected): Promise<string> {
  if ("missing" in binaries) throw new Error(binaries.missing);
  const series = Object.entries({ retr_dual_answered_total: 0, retr_dual_samples_total: 0, ...perMinute });
  const input = series.flatMap(([name, rise]) =>
    ["a", "b"].map((pod) => ({ series: `${name}{${place},pod="${pod}"}`, values: `0+${rise}x30` })),
  );
  const alerts = causes.map((cause) => ({
    exp_labels: { namespace: "search", target: "search-api", cause, severity: "critical" },
  }));
  const test = {
    interval: "1m",
    input_series: input,
    alert_rule_test: [{ eval_time: `${minutes}m`, alertname: alertName, exp_alerts: alerts }],
  };
  // Annotations aren't what is judged here.
  const rules = (await readFile(shipped, "utf8")).replaceAll(
    /^ +(annotations|summary|description|runbook_url):.*\n/gm,
    "",
  );
  await writeFile(join(folder, "rules.yaml"), rules);
  await writeFile(
    join(folder, "test.yaml"),
    JSON.stringify({ rule_files: ["rules.yaml"], evaluation_interval: "15s", tests: [test] }),
  );
  try {
    await promisify(execFile)(binaries.promtool, ["test", "rules", join(folder, "test.yaml")], { timeout: 30_000 });
    return "as expected";
  } catch (fault) {
    return String((fault as { stderr?: unknown }).stderr);
  }
}

describe.skipIf(missing !== undefined)(`${alertName} as it is shipped`, () => {
  const answered = { retr_dual_answered_total: 100, retr_dual_samples_total: 100 };

  it.each([
    ["more than 5 % of lower scores", { ...answered, retr_dual_score_worse_total: 6 }, ["score-delta"]],
    ["5 % of lower scores", { ...answered, retr_dual_score_worse_total: 5 }, []],
    ["more than 5 % of late answers", { ...answered, retr_dual_latency_worse_total: 6 }, ["latency-delta"]],
    [
      "more than 25 % of other top chunks and no known limit",
      { ...answered, retr_dual_mismatch_total: 26 },
      ["mismatch"],
    ],
    ["other top chunks within the limit", { ...answered, retr_dual_mismatch_total: 25 }, []],
    [
      "two causes",
      { ...answered, retr_dual_score_worse_total: 9, retr_dual_latency_worse_total: 9 },
      ["score-delta", "latency-delta"],
    ],
    ["everything bad and fewer than 20 samples", { retr_dual_answered_total: 1, retr_dual_score_worse_total: 1 }, []],
    ["a failing old store", { ...answered, retr_dual_shadow_errors_total: 90 }, []],
  ] as [string, Record<string, number>, string[]][])("with %s", async (_, perMinute, causes) => {
    expect(await judge(perMinute, { causes, minutes: 15 })).toBe("as expected");
  });

  it("fires no sooner than its condition held for 5 minutes", async () => {
    const bad = { ...answered, retr_dual_score_worse_total: 50 };
    expect(await judge(bad, { causes: [], minutes: 5 })).toBe("as expected");
    expect(await judge(bad, { causes: ["score-delta"], minutes: 8 })).toBe("as expected");
  });
});

describe("docs/alerts.md", () => {
  it("has a heading for every alert that is shipped, and for no other", async () => {
    const alerts = [...(await readFile(shipped, "utf8")).matchAll(/- alert: (\S+)/g)].map(([, name]) => name);
    const headings = [...(await readFile(page, "utf8")).matchAll(/^### (\S+)$/gm)].map(([, name]) => name);
    expect(new Set(headings)).toEqual(new Set(alerts));
  });
});
