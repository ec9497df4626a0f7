// One message by itself, in a channel where several clusters are told of.
import { expect, it } from "vitest";
import type { SinkMessage } from "#ports/sinks.ts";
import { renderSlack, renderTeams } from "./chat-body.ts";
import { renderEmail } from "./email-message.ts";
import { renderAlertmanager, renderPagerDuty } from "./incident-body.ts";
import { parseSinks, type SinkConfig } from "./sinks-file.ts";
import { renderWebhook } from "./webhook-body.ts";

const at = "2026-03-01T12:00:00.000Z";
const about = { reason: "HoldOverdue", phase: "Guard", incident: "Page/HoldOverdue" };
const message = { key: "uid-1/4/Page/x", kind: "Page" as const, text: "users are harmed", at, ...about };
const said: SinkMessage = { namespace: "search", migration: "docs", uid: "uid-1", message };

const url = "https://hooks.example/x";
const smtp = { host: "smtp.example", from: "o@example.org", to: ["sre@example.org"] };
const configs = [
  { name: "a", kind: "slack", url },
  { name: "b", kind: "teams", url },
  { name: "c", kind: "pagerduty", secretFile: "/key" },
  { name: "d", kind: "alertmanager", url },
  { name: "e", kind: "email", ...smtp },
  { name: "f", kind: "webhook", url },
];

function rendered(sink: SinkConfig): string {
  const now = Date.parse(at);
  switch (sink.kind) {
    case "slack":
      return renderSlack(sink, said);
    case "teams":
      return renderTeams(sink, said);
    case "pagerduty":
      return renderPagerDuty(sink, said, "key");
    case "alertmanager":
      return renderAlertmanager(sink, said, { now, lastsMs: 1000 });
    case "email":
      return JSON.stringify(renderEmail(sink, said));
    case "webhook":
      return renderWebhook(sink, said, { key: undefined, now }).body;
    default:
      return "";
  }
}

it.each(parseSinks(JSON.stringify({ cluster: "prod-eu", sinks: configs })))(
  "to $kind says which cluster, namespace and migration, what happened and why",
  (sink) => {
    for (const words of ["prod-eu", "search", "docs", "Page", "HoldOverdue", "users are harmed"])
      expect(rendered(sink)).toContain(words);
  },
);

it.each(parseSinks(JSON.stringify({ sinks: configs.slice(0, 5) })))(
  "to people by $kind has the command that shows where it stands, and names no cluster where none is configured",
  (sink) => {
    expect(rendered(sink)).toContain("kubectl retriever status docs -n search");
    expect(rendered(sink)).not.toMatch(/cluster|\[\]|undefined/);
  },
);

it.each(["prod eu", "", "x\ny", "-a"])("a cluster named %j is refused by the file", (cluster) => {
  expect(() => parseSinks(JSON.stringify({ cluster, sinks: [] }))).toThrow(/cluster/);
});
