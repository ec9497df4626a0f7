// What an Alertmanager sends, as far as it is read here: which alerts, for which namespaces and targets.
import { isIntricate } from "@retriever/stores/values/intricate-json.ts";
import { z } from "zod";

const labels = z.record(z.string().max(1024), z.string().max(16_384));

const bodySchema = z.object({
  version: z.literal("4"),
  alerts: z.array(z.object({ status: z.enum(["firing", "resolved"]), labels })).max(5000),
});

export type CalledAlert = {
  readonly name: string;
  readonly status: "firing" | "resolved";
  readonly namespace: string;
  readonly target: string;
};

/** Alerts that name a namespace and a target, each once; undefined for what no Alertmanager sends. */
export function parseWebhookBody(text: string): readonly CalledAlert[] | undefined {
  const parsed = bodySchema.safeParse(readJson(text));
  if (!parsed.success) return undefined;
  const called = parsed.data.alerts.flatMap(({ status, labels: { alertname, namespace, target } }): CalledAlert[] =>
    namespace === undefined || target === undefined ? [] : [{ name: alertname ?? "", status, namespace, target }],
  );
  return [...new Map(called.map((alert) => [JSON.stringify(alert), alert])).values()];
}

/** An alert has about fifteen. */
const mostValues = 40_000;

function readJson(text: string): unknown {
  if (isIntricate(text, mostValues)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
