// The shipped rules on series made for them, judged by the real promtool.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { patienceMs } from "#support/patience.ts";
import type { Binaries } from "#support/prometheus/binaries.ts";
import { shipped } from "#support/prometheus/rules.ts";

type RuleTest = {
  /** Values of each series, one a minute, in promtool's notation. */
  readonly series: Readonly<Record<string, string>>;
  readonly alert: string;
  /** Labels of all that has to fire then, and nothing else. */
  readonly expected: readonly Readonly<Record<string, string>>[];
  readonly minutes: number;
};

/** "as expected", or what promtool says. */
export async function judgeRules(
  { promtool }: Pick<Binaries, "promtool">,
  folder: string,
  { series, alert, expected, minutes }: RuleTest,
): Promise<string> {
  const test = {
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [
      { eval_time: `${minutes}m`, alertname: alert, exp_alerts: expected.map((labels) => ({ exp_labels: labels })) },
    ],
  };
  // Annotations aren't what is judged here.
  const rules = (await readFile(shipped, "utf8")).replaceAll(
    /^ +(annotations|summary|description|runbook_url):.*\n/gm,
    "",
  );
  await writeFile(join(folder, "rules.yaml"), rules);
  const text = JSON.stringify({ rule_files: ["rules.yaml"], evaluation_interval: "15s", tests: [test] });
  await writeFile(join(folder, "test.yaml"), text);
  try {
    await promisify(execFile)(promtool, ["test", "rules", join(folder, "test.yaml")], { timeout: patienceMs(30_000) });
    return "as expected";
  } catch (fault) {
    return String((fault as { stderr?: unknown }).stderr);
  }
}
