// The rules that the chart ships, with minutes turned into seconds: what is tested is what is installed.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The rule file that the chart ships. */
export const shipped = join(
  import.meta.dirname,
  "../../../charts/retriever-migration-operator/files/rules/retriever.yaml",
);

export const alertName = "RETR_DUAL_VARIANCE_HIGH";
/** The alert's window and its `for`, of 5 minutes each. */
const windowSeconds = 10;
export const forSeconds = 5;

/** The shipped rule file in quick time. Rejects when it isn't as it was: then quick time would be another file. */
export async function quickRules(): Promise<string> {
  const text = await readFile(shipped, "utf8");
  const quick = text
    .replaceAll("[5m]", `[${windowSeconds}s]`)
    .replaceAll("offset 5m", `offset ${windowSeconds}s`)
    .replaceAll("interval: 15s", "interval: 1s")
    .replaceAll("for: 5m", `for: ${forSeconds}s`);
  const alert = quick.slice(quick.indexOf(`- alert: ${alertName}`)).split("- alert: ")[1] ?? "";
  if (
    !quick.includes(`[${windowSeconds}s]`) ||
    !alert.includes(`for: ${forSeconds}s`) ||
    !quick.includes("RETR_ALERT_CANARY")
  )
    throw new Error(`${shipped} has no ${alertName} over 5m for 5m beside a canary`);
  return quick;
}

/** The same with the alert under another name, as somebody tidying up would leave it. */
export function renameAlert(rules: string): string {
  return rules.replace(`- alert: ${alertName}`, "- alert: RETR_DUAL_VARIANCE_RENAMED");
}
