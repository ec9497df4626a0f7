// A process that is killed between sending and recording, again and again: nothing is lost, and whoever honours a message's
// key has it once. RETRIEVER_KILLS=200 is the whole measurement.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeSinks } from "#adapters/sinks/sinks.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { updateOutbox } from "#core/outbox/outbox.ts";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import { openMailbox, openReceivers, type Receivers, receiverSecret } from "#test/fakes/sink-receivers.ts";
import { Notifier } from "./notifier.ts";
import type { SinkConfig } from "./sinks-file.ts";

const kills = Number(process.env["RETRIEVER_KILLS"] ?? "40");
const kindsOfSink = ["webhook", "slack", "teams", "pagerduty", "alertmanager", "grafana", "email"] as const;
const folder = mkdtempSync(join(tmpdir(), "kills-"));
const secretFile = join(folder, "secret");
const startedAt = Date.parse("2026-03-01T12:00:00Z");
const meta = { namespace: "search", name: "docs", uid: "uid" } as MigrationMeta;
const plan = aSpec({ communications: { sinks: [...kindsOfSink] } });
let receivers: Receivers;
let mailbox: Awaited<ReturnType<typeof openMailbox>>;

beforeAll(async () => {
  writeFileSync(secretFile, receiverSecret);
  receivers = await openReceivers();
  mailbox = await openMailbox();
});
afterAll(async () => {
  await receivers.close();
  await mailbox.close();
  rmSync(folder, { recursive: true });
});

function configs(): SinkConfig[] {
  const at = (kind: (typeof kindsOfSink)[number]) => ({ name: kind, url: `${receivers.url}/${kind}`, secretFile });
  return [
    { ...at("webhook"), kind: "webhook", kinds: ["Start", "Stage", "Page", "Completion"] },
    { ...at("slack"), kind: "slack" },
    { name: "teams", url: `${receivers.url}/teams`, kind: "teams" },
    { ...at("pagerduty"), kind: "pagerduty" },
    { ...at("alertmanager"), kind: "alertmanager" },
    { ...at("grafana"), kind: "grafana" },
    {
      name: "email",
      kind: "email",
      host: "127.0.0.1",
      port: mailbox.port,
      tls: "None",
      user: "operator",
      secretFile,
      from: "operator@example.org",
      to: ["sre@example.org"],
    },
  ];
}

/** One round's messages: a stage, a step, and an incident that comes and goes. */
function messagesOf(round: number, at: string): OutboxMessage[] {
  const rest = { text: "x", at, pending: [...kindsOfSink], failed: [], attempts: 0, nextAttemptAt: at };
  const incident = `Page/R${round}`;
  const page = `uid/${round}/Page/R${round}/1`;
  return [
    { ...rest, key: `uid/${round}/Stage/Ramp`, kind: "Stage" },
    { ...rest, key: `uid/${round}/Start`, kind: "Start" },
    { ...rest, key: page, kind: "Page", incident, reason: `R${round}` },
    { ...rest, key: `${page}/Resolved`, kind: "Resolved", incident, reason: `R${round}` },
  ];
}

it(`loses nothing and says nothing twice over ${kills} kills`, { timeout: 120_000 }, async () => {
  const rolls = fc.sample(fc.tuple(fc.boolean(), fc.nat({ max: 9 })), { seed: 7, numRuns: kills });
  let now = startedAt;
  const start = () =>
    new Notifier({
      sinks: makeSinks({ sinks: configs(), deadlineMs: 5000, incidentLastsMs: 300_000, clock: { now: () => now } }),
    });
  let notifier = start();
  let outbox: readonly OutboxMessage[] = [];
  const expected: OutboxMessage[] = [];
  const pass = () => {
    notifier.send(meta, { messages: outbox, now });
    return notifier.idle();
  };
  const record = () => {
    const deliveries = notifier.answers(meta);
    notifier.forget(deliveries);
    const status = aStatus({ outbox: [...outbox] });
    outbox = updateOutbox({ meta, plan, before: status, next: status, deliveries, announcements: [], now });
    outbox = outbox.filter(({ pending }) => pending.length > 0);
  };
  for (const [index, [isMidway, whim]] of rolls.entries()) {
    now += 60_000;
    if (outbox.length < 8) {
      const fresh = messagesOf(index, new Date(now).toISOString());
      outbox = [...outbox, ...fresh];
      expected.push(...fresh);
    }
    if (whim === 0) receivers.pagerduty.whims.push({ status: 503 });
    if (whim === 1) receivers.grafana.whims.push({ status: 429, headers: { "retry-after": "30" } });
    const sending = pass();
    // Killed before the answers come, or when all are there and nothing is recorded; every third time it lives.
    if (!isMidway) await sending;
    await notifier.close();
    const killed = notifier;
    notifier = start();
    if (index % 3 === 0) {
      notifier = (await notifier.close(), killed);
      record();
      notifier = start();
    }
  }
  for (let left = 0; outbox.length > 0 && left < 60; left += 1) {
    now += 3_600_000;
    await pass();
    record();
  }
  await notifier.close();

  expect(outbox).toEqual([]);
  const keysOf = (...kinds: string[]) => expected.filter(({ kind }) => kinds.includes(kind)).map(({ key }) => key);
  const taken = (map: ReadonlyMap<string, number>) => [...map.keys()].toSorted();
  const sorted = (keys: readonly string[]) => keys.toSorted();
  const { webhook, slack, teams, pagerduty, alertmanager, grafana } = receivers;
  expect(taken(webhook.taken)).toEqual(sorted(keysOf("Start", "Stage", "Page", "Resolved")));
  for (const chat of [slack, teams]) expect(taken(chat.taken)).toEqual(sorted(keysOf("Start", "Page", "Resolved")));
  for (const calls of [pagerduty, alertmanager]) expect(taken(calls.taken)).toEqual(sorted(keysOf("Page", "Resolved")));
  expect(mailbox.receiver.taken.size).toBe(keysOf("Start", "Page", "Resolved").length);
  expect([...receivers.incidents.values()].every(({ open, opened }) => !open && opened === 1)).toBe(true);
  expect(receivers.incidents.size).toBe(keysOf("Page").length);
  expect([...receivers.alerts.values()].every(({ endsAt }) => endsAt <= now)).toBe(true);
  // Grafana honours no key: what is written there is written once.
  expect([...grafana.taken.values()].every((times) => times === 1)).toBe(true);
  expect(grafana.taken.size).toBe(keysOf("Stage", "Page").length);
  // The kills did land between sending and recording.
  expect(webhook.bodies.length).toBeGreaterThan(webhook.taken.size);
});
