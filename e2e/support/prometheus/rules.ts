// The rules that the chart ships, with minutes turned into seconds: what is tested is what is installed.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The rule file that the chart ships. */
export const shipped = join(
  import.meta.dirname,
  "../../../charts/retriever-migration-operator/files/rules/retriever.yaml",
);

/** A rule of the administrator's own. It states no cause: the operator has no evidence of its own to hold against it. */
export const administratorsRule = { alert: "ADMINISTRATORS_ALERT", group: "administrator" } as const;
/** The window of the shipped records and the rule's `for`, of 5 minutes each. */
const windowSeconds = 10;
export const forSeconds = 5;

/** The shipped rule file in quick time and the administrator's rule. Rejects when it isn't as it was: then quick time would be another file. */
export async function quickRules(): Promise<string> {
  const text = await readFile(shipped, "utf8");
  const quick = text
    .replaceAll("[5m]", `[${windowSeconds}s]`)
    .replaceAll("[15m]", `[${3 * windowSeconds}s]`)
    .replaceAll("offset 5m", `offset ${windowSeconds}s`)
    .replaceAll("interval: 15s", "interval: 1s")
    .replaceAll("for: 5m", `for: ${forSeconds}s`);
  if (!quick.includes(`record: ${slowShare}`) || !quick.includes("RETR_ALERT_CANARY"))
    throw new Error(`${shipped} has no record ${slowShare} beside a canary`);
  return `${quick.trimEnd()}

  - name: ${administratorsRule.group}
    interval: 1s
    rules:
      - alert: ${administratorsRule.alert}
        expr: ${slowShare} > 0.05 and on (namespace, target) namespace_target:retr_dual_answered:increase5m >= 20
        for: ${forSeconds}s
        labels: { severity: critical }
`;
}

const slowShare = "namespace_target:retr_dual_latency_worse:ratio_rate5m";

/** The same with the alert under another name, as somebody tidying up would leave it. */
export function renameAlert(rules: string): string {
  return rules.replace(`- alert: ${administratorsRule.alert}`, "- alert: RENAMED");
}
