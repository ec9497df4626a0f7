// Each kind of sink against a receiver that refuses what its documentation says it refuses.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutboxKind } from "@retriever/crds/status/outbox-status.ts";
import { incidentKinds, outboxKinds } from "@retriever/crds/status/outbox-status.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { notifyTest } from "#notify/notify-test.ts";
import type { SinkFault } from "#notify/sink-fault.ts";
import { parseSinks, type SinkConfig } from "#notify/sinks-file.ts";
import type { SinkMessage } from "#ports/sinks.ts";
import { openMailbox, openReceivers, type Receivers, receiverSecret } from "#test/fakes/sink-receivers.ts";
import { parseRetryAfter } from "./http-post.ts";
import { makeSinks } from "./sinks.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const folder = mkdtempSync(join(tmpdir(), "sinks-"));
const secretFile = join(folder, "secret");
writeFileSync(secretFile, `${receiverSecret}\n`);
let receivers: Receivers;
let mailbox: Awaited<ReturnType<typeof openMailbox>>;
let sinks: Record<SinkConfig["kind"], SinkConfig>;
/** How the mail server answers recipients. */
const refusals: Readonly<Record<string, number>> = { gone: 550, full: 452 };

beforeAll(async () => {
  receivers = await openReceivers();
  mailbox = await openMailbox((address) => refusals[address.split("@")[0] ?? ""]);
  const url = (path: string) => `${receivers.url}/${path}`;
  const smtp = { host: "127.0.0.1", port: mailbox.port, tls: "None" as const, user: "operator" };
  sinks = {
    webhook: { name: "webhook", kind: "webhook", url: url("webhook"), secretFile },
    slack: { name: "slack", kind: "slack", url: url("slack") },
    teams: { name: "teams", kind: "teams", url: url("teams") },
    pagerduty: { name: "pagerduty", kind: "pagerduty", url: url("pagerduty/v2/enqueue"), secretFile },
    alertmanager: { name: "alertmanager", kind: "alertmanager", url: url("alertmanager/") },
    grafana: { name: "grafana", kind: "grafana", url: url("grafana"), secretFile, dashboardUid: "retriever" },
    email: { name: "email", kind: "email", ...smtp, secretFile, from: "o@example.org", to: ["sre@example.org"] },
  };
});
afterAll(async () => {
  await receivers.close();
  await mailbox.close();
  rmSync(folder, { recursive: true });
});

function aMessage(kind: OutboxKind, more: Partial<SinkMessage["message"]> = {}): SinkMessage {
  const key = `uid-1/4/${kind}/${JSON.stringify(more).length}`;
  const message = { key, kind, text: "what happened", at: "2026-03-01T12:00:00.000Z", ...more };
  return { namespace: "search", migration: "docs", uid: "uid-1", message };
}

async function send(sink: SinkConfig, said: SinkMessage, deadlineMs = 60_000): Promise<boolean> {
  const made = makeSinks({ sinks: [sink], deadlineMs, incidentLastsMs: 300_000, clock: { now: () => now } });
  try {
    return await made.send(sink.name, said, new AbortController().signal);
  } finally {
    await made.close();
  }
}

function faultOf(sending: Promise<boolean>): Promise<SinkFault> {
  return sending.then(
    () => expect.fail("it was taken"),
    (fault: SinkFault) => fault,
  );
}

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 3000 }),
  fc.constantFrom(
    "<!channel> @here <https://evil.example|click> &",
    "[click](https://evil.example) **bold** <at>all</at> {{DATE(2026-01-01, SHORT)}}",
    "\u001b[2J\u202Egnp\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script>",
    "😀&<>".repeat(900),
  ),
);

describe.each(["webhook", "slack", "teams", "pagerduty", "alertmanager", "grafana", "email"] as const)("%s", (kind) => {
  it("takes a message of every kind, with any text", async () => {
    const incident = "Page/HoldOverdue";
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...outboxKinds), hostile, async (said, text) => {
        const wanted = await send(
          sinks[kind],
          aMessage(said, { text, incident, reason: "HoldOverdue", phase: "Guard" }),
        );
        expect(typeof wanted).toBe("boolean");
      }),
      { numRuns: 40 },
    );
  });

  it("takes a message of a migration with the longest names that Kubernetes has", async () => {
    const named = { namespace: "n".repeat(63), migration: "m".repeat(253) };
    expect(
      await send(sinks[kind], { ...aMessage("Page", { incident: "Page/Blind", reason: "Blind" }), ...named }),
    ).toBe(true);
  });
});

describe("a sink over HTTP", () => {
  const whims = (...given: Receivers["slack"]["whims"]) => void receivers.slack.whims.push(...given);

  it.each([
    [400, true],
    [401, false],
    [410, true],
    [429, false],
    [500, false],
    [302, false],
  ])("that answers %i is final: %s", async (status, isFinal) => {
    whims({ status, headers: { location: "http://127.0.0.1:1/inwards" } });
    expect(await faultOf(send(sinks.slack, aMessage("Start")))).toMatchObject({ message: `HTTP ${status}`, isFinal });
  });

  it.each([
    ["slack", '{"ok":false,"error":"channel_not_found"}', "answered that it isn't ok: channel_not_found"],
    ["slack", '{"ok":false,"error":"https://hooks.example/T1"}', "answered that it isn't ok"],
    [
      "teams",
      "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x.",
      "answered that the delivery failed with HTTP 429",
    ],
    ["pagerduty", '{"status":"invalid event","errors":["no"]}', "answered that the event isn't taken"],
    ["pagerduty", '{"status":"throttle exceeded"}', "answered that the event isn't taken"],
    ["pagerduty", '{"status":"ok","errors":["no"]}', "answered that the event isn't taken"],
  ] as const)(
    "%s that answers 200 with %s has not taken the message, which is tried again",
    async (kind, body, message) => {
      receivers[kind].whims.push({ status: 200, body });
      const said = aMessage("Page", { incident: "Page/Harm", reason: "Harm" });
      expect(await faultOf(send(sinks[kind], said))).toMatchObject({ message, isFinal: false });
    },
  );

  it.each(["success", "ok", "accepted"])(
    "pagerduty, or a gateway of its form, that answers %s has it",
    async (status) => {
      receivers.pagerduty.whims.push({ status: 202, body: JSON.stringify({ status, errors: [] }) });
      const said = aMessage("Page", { incident: "Page/Harm", reason: "Harm" });
      expect(await send(sinks.pagerduty, said)).toBe(true);
    },
  );

  it("that asks for patience gets it, an hour at most", async () => {
    whims({ status: 429, headers: { "retry-after": "17" } });
    expect((await faultOf(send(sinks.slack, aMessage("Start")))).retryAfterMs).toBe(17_000);
    expect(parseRetryAfter("Sun, 01 Mar 2026 12:00:30 GMT", now)).toBe(30_000);
    expect(parseRetryAfter("Sun, 01 Mar 2026 11:00:00 GMT", now)).toBe(0);
    expect(parseRetryAfter("999999", now)).toBe(3_600_000);
    expect(parseRetryAfter("soon", now)).toBeUndefined();
  });

  it("that hangs is left at the deadline", async () => {
    whims("silence");
    expect((await faultOf(send(sinks.slack, aMessage("Start"), 200))).message).toBe("no answer within the deadline");
  });
});

describe("slack", () => {
  it("gets markup of others as text, and nothing that mentions anybody", async () => {
    await send(sinks.slack, aMessage("Page", { text: "<!channel> & <@U1>" }));
    const body = receivers.slack.bodies.at(-1) ?? "";
    expect(body).toContain("&lt;!channel&gt; &amp; &lt;@U1&gt;");
    expect(body).not.toContain("<!");
    expect(body).toContain('"verbatim":true');
  });
});

describe("pagerduty", () => {
  it("opens an incident once, tells pages from tickets, and closes it by the same key", async () => {
    const incident = "Page/RollbackNotReady";
    const page = aMessage("Page", { incident, reason: "RollbackNotReady" });
    await send(sinks.pagerduty, page);
    await send(sinks.pagerduty, page);
    expect(receivers.incidents.get(`uid-1/${incident}`)).toEqual({ open: true, opened: 1 });
    expect(receivers.pagerduty.bodies.at(-1)).toContain('"severity":"critical"');
    await send(sinks.pagerduty, aMessage("Ticket", { incident: "Ticket/StageOverdue", reason: "StageOverdue" }));
    expect(receivers.pagerduty.bodies.at(-1)).toContain('"severity":"warning"');
    await send(sinks.pagerduty, aMessage("Resolved", { incident }));
    expect(receivers.incidents.get(`uid-1/${incident}`)?.open).toBe(false);
  });

  it("is told of nothing but incidents", async () => {
    expect(await send(sinks.pagerduty, aMessage("Start"))).toBe(false);
    expect(await send({ ...sinks.pagerduty, kinds: ["Page"] }, aMessage("Ticket", { incident: "Ticket/A" }))).toBe(
      false,
    );
  });

  it("that takes a postmortem that is due hears of it when it is overdue", async () => {
    const overdue = aMessage("PostmortemOverdue", { incident: "PostmortemDue" });
    expect(await send({ ...sinks.alertmanager, kinds: ["PostmortemDue"] }, overdue)).toBe(true);
    expect(await send({ ...sinks.slack, kinds: ["PostmortemDue"] }, overdue)).toBe(false);
  });

  it.each(incidentKinds)("that takes nothing but %s is told when what it opened is over", async (kind) => {
    const incident = kind.startsWith("Postmortem") ? "PostmortemDue" : `${kind}/A`;
    const sink: SinkConfig = { ...sinks.pagerduty, kinds: [kind] };
    expect(await send(sink, aMessage(kind, { incident }))).toBe(true);
    expect(await send(sink, aMessage("Resolved", { incident }))).toBe(true);
    expect(receivers.incidents.get(`uid-1/${incident}`)?.open).toBe(false);
  });
});

describe("alertmanager", () => {
  it("holds an alert that ends by itself unless it is said again, and ends with what ended it", async () => {
    const about = { incident: "Page/Blind", reason: "Blind" };
    await send(sinks.alertmanager, aMessage("Page", about));
    const [labels, alert] = [...receivers.alerts].findLast(([key]) => key.includes("Blind")) ?? [];
    expect(alert).toEqual({ startsAt: now, endsAt: now + 300_000 });
    expect(labels).toBe(
      JSON.stringify([
        ["alertname", "RetrieverMigrationBlind"],
        ["migration", "docs"],
        ["namespace", "search"],
        ["severity", "page"],
        ["uid", "uid-1"],
      ]),
    );
    await send(sinks.alertmanager, aMessage("Resolved", about));
    expect(receivers.alerts.get(labels ?? "")?.endsAt).toBe(now);
  });
});

describe("grafana", () => {
  const aStage = (minute: number) =>
    aMessage("Stage", {
      key: `uid-1/${minute}/Stage/Ramp`,
      at: `2026-03-01T12:0${minute}:00.000Z`,
      text: "<b>Ramp</b>",
    });

  it("shows a region for each stage, whatever order they come in and however often, and escapes HTML", async () => {
    receivers.annotations.length = 0;
    for (const minute of [1, 3, 2, 3, 1, 2]) await send(sinks.grafana, aStage(minute));
    const regions = receivers.annotations
      .toSorted((a, b) => a.time - b.time)
      .map(({ time, timeEnd }) => [time, timeEnd]);
    const at = (minute: number) => now + minute * 60_000;
    expect(regions).toEqual([
      [at(1), at(2)],
      [at(2), at(3)],
      [at(3), undefined],
    ]);
    expect(receivers.annotations[0]?.text).toContain("&lt;b&gt;Ramp");
    expect(receivers.annotations[0]?.tags).toContain("migration:docs");
  });

  it("has regions without gap or overlap when many stages are sent at once, and each once", async () => {
    receivers.annotations.length = 0;
    const made = makeSinks({
      sinks: [sinks.grafana],
      deadlineMs: 5000,
      incidentLastsMs: 1,
      clock: { now: () => now },
    });
    const minutes = [5, 1, 4, 2, 3, 4, 1];
    const { signal } = new AbortController();
    await Promise.all(minutes.map((minute) => made.send("grafana", aStage(minute), signal)));
    await made.close();
    const at = (minute: number) => now + minute * 60_000;
    const regions = receivers.annotations.toSorted((a, b) => a.time - b.time);
    expect(regions.map(({ time, timeEnd }) => [time, timeEnd])).toEqual([
      [at(1), at(2)],
      [at(2), at(3)],
      [at(3), at(4)],
      [at(4), at(5)],
      [at(5), undefined],
    ]);
  });

  it("takes a message though the migration's other annotations are more than is read of an answer", async () => {
    receivers.annotations.length = 0;
    const text = "x".repeat(2000);
    const tags = ["retriever", "page", "uid:uid-1"];
    for (let id = 1; id <= 200; id += 1) receivers.annotations.push({ id, time: now - id, tags, text });
    expect(await send(sinks.grafana, aMessage("Page", { text: "late" }))).toBe(true);
    expect(await send(sinks.grafana, aStage(1))).toBe(true);
    expect(receivers.annotations).toHaveLength(202);
  });
});

describe("email", () => {
  it("is one thread of plain text with a calendar entry before a cutover, and no header of others", async () => {
    await send(sinks.email, aMessage("PreCutover", { text: "soon\r\nBcc: all@example.org" }));
    const email = mailbox.receiver.bodies.at(-1) ?? "";
    expect(email).toMatch(/^Subject: search\/docs: PreCutover\r?$/m);
    expect(email).toMatch(/^Content-Type: text\/calendar/m);
    expect(email.split("\r\n\r\n")[0]).not.toMatch(/^bcc:/im);
  });

  it.each([
    [["sre", "gone"], "1 of 2 recipients refused", true],
    [["sre", "full"], "1 of 2 recipients refused", false],
    [["sre", "gone", "full"], "2 of 3 recipients refused", false],
    [["full", "gone"], "SMTP 452", false],
    [["gone"], "SMTP 550", true],
  ])("to %j is refused with %s, for good: %s", async (names, message, isFinal) => {
    const to = names.map((name) => `${name}@example.org`);
    expect(await faultOf(send({ ...sinks.email, to } as SinkConfig, aMessage("Start")))).toMatchObject({
      message,
      isFinal,
    });
  });

  it("isn't sent again to those who have it while another mailbox is full", async () => {
    const to = ["sre@example.org", "full@example.org"];
    const email = { ...sinks.email, to } as SinkConfig;
    const made = makeSinks({ sinks: [email], deadlineMs: 5000, incidentLastsMs: 1, clock: { now: () => now } });
    const before = mailbox.receiver.bodies.length;
    const { signal } = new AbortController();
    const said = aMessage("Start");
    const first = await faultOf(made.send(email.name, said, signal));
    const second = await faultOf(made.send(email.name, said, signal));
    await made.close();
    expect([first.message, second.message]).toEqual(["1 of 2 recipients refused", "SMTP 452"]);
    expect(mailbox.receiver.bodies.length - before).toBe(1);
  });

  it("that a wrong password keeps from being sent is tried again", async () => {
    const wrong = join(folder, "wrong");
    writeFileSync(wrong, "another-password");
    const fault = await faultOf(send({ ...sinks.email, secretFile: wrong } as SinkConfig, aMessage("Start")));
    expect(fault).toMatchObject({ message: "SMTP 535", isFinal: false });
  });

  it("isn't sent in the clear where TLS is asked for", async () => {
    const fault = await faultOf(send({ ...sinks.email, tls: "StartTls" } as SinkConfig, aMessage("Start")));
    expect(fault.message).not.toContain("127.0.0.1");
    expect(fault.isFinal).toBe(false);
  });

  it("to a server that greets for ever is given up at the deadline", async () => {
    const server: Server = createServer((socket) => {
      socket.on("error", () => undefined);
      const timer = setInterval(() => socket.write("220-still here\r\n"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const fault = await faultOf(send({ ...sinks.email, port } as SinkConfig, aMessage("Start"), 300));
    expect(fault.message).toBe("no answer within the deadline");
  });
});

describe("names of chunks and tenants", () => {
  it("go only where the sink asks for them", async () => {
    const said = { ...aMessage("Corrections"), details: { chunks: ["chunk-7"], tenants: ["slice 1: acme"] } };
    await send(sinks.slack, said);
    expect(receivers.slack.bodies.at(-1)).not.toMatch(/chunk-7|acme/);
    await send({ ...sinks.slack, details: true }, said);
    expect(receivers.slack.bodies.at(-1)).toMatch(/chunk-7.*acme/);
  });
});

describe("notify test", () => {
  it("says of every sink whether it took the message, and never an address or a secret", async () => {
    const configs = [
      ...Object.values(sinks),
      { ...sinks.slack, name: "nowhere", url: "http://127.0.0.1:1/T1/secret-path" },
    ];
    const lines: string[] = [];
    const made = makeSinks({ sinks: configs, deadlineMs: 5000, incidentLastsMs: 300_000, clock: { now: () => now } });
    const failed = await notifyTest({ configs, names: [], sinks: made, now, print: (line) => lines.push(line) });
    await made.close();
    expect(failed).toBe(1);
    expect(lines).toHaveLength(configs.length);
    expect(lines.filter((line) => line.endsWith(": taken"))).toHaveLength(configs.length - 1);
    expect(lines.at(-1)).toBe("nowhere (slack): ECONNREFUSED");
    expect(lines.join("\n")).not.toMatch(/secret/);
    expect(receivers.incidents.get("00000000-0000-4000-8000-000000000000/Ticket/NotifyTest-pagerduty")?.open).toBe(
      false,
    );
  });

  it("of a name that nobody configured fails", async () => {
    const made = makeSinks({ sinks: [], deadlineMs: 100, incidentLastsMs: 1, clock: { now: () => now } });
    const lines: string[] = [];
    const configs = parseSinks("sinks: []");
    expect(await notifyTest({ configs, names: ["ops"], sinks: made, now, print: (line) => lines.push(line) })).toBe(2);
    expect(lines[0]).toBe("ops: no sink of this name is configured; there are none");
    await made.close();
  });
});
