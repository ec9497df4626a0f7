// Receivers of messages as their documentation describes them: what they refuse, how they answer, and what they keep of a
// message that comes twice. One server for HTTP, one for SMTP; each keeps what it took.
import { createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { z } from "zod";
import { playServer, reply } from "#test/api-server.ts";

export const receiverSecret = "receiver-s3cret";

/** How the next requests are answered instead: a status with headers and a body, never, or elsewhere. */
type Whim =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | "silence";

type Asked = {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};

/** `taken` counts by key what a receiver that honours keys holds; `bodies` is everything it was sent and didn't refuse. */
class Receiver {
  readonly bodies: string[] = [];
  readonly taken = new Map<string, number>();
  readonly effects: string[] = [];
  whims: Whim[] = [];
  /** Called when a message was taken, before it is answered. */
  onTaken: (key: string) => void = () => undefined;

  take(key: string, body: string, effect: string = key): void {
    this.bodies.push(body);
    if (!this.taken.has(key)) this.effects.push(effect);
    this.taken.set(key, (this.taken.get(key) ?? 0) + 1);
    this.onTaken(key);
  }
}

const blockText = z.strictObject({
  type: z.enum(["plain_text", "mrkdwn"]),
  text: z.string().min(1).max(3000),
  emoji: z.boolean().optional(),
  verbatim: z.boolean().optional(),
});
const slackSchema = z.strictObject({
  text: z.string().min(1),
  blocks: z
    .array(
      z.discriminatedUnion("type", [
        z.strictObject({ type: z.literal("header"), text: blockText.extend({ text: z.string().min(1).max(150) }) }),
        z.strictObject({ type: z.literal("section"), text: blockText }),
        z.strictObject({ type: z.literal("context"), elements: z.array(blockText).min(1).max(10) }),
      ]),
    )
    .max(50),
});
const teamsSchema = z.strictObject({
  type: z.literal("message"),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal("application/vnd.microsoft.card.adaptive"),
        contentUrl: z.null(),
        content: z.looseObject({
          type: z.literal("AdaptiveCard"),
          version: z.literal("1.4"),
          body: z.array(
            z.strictObject({
              type: z.literal("RichTextBlock"),
              inlines: z.array(z.looseObject({ type: z.literal("TextRun"), text: z.string().min(1) })),
            }),
          ),
        }),
      }),
    )
    .length(1),
});
const pagerDutySchema = z.discriminatedUnion("event_action", [
  z.strictObject({
    routing_key: z.literal(receiverSecret),
    event_action: z.literal("trigger"),
    dedup_key: z.string().min(1).max(255),
    payload: z.strictObject({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(["critical", "error", "warning", "info"]),
      timestamp: z.iso.datetime(),
      component: z.string(),
      group: z.string(),
      class: z.string(),
      custom_details: z.record(z.string(), z.unknown()),
    }),
  }),
  z.strictObject({
    routing_key: z.literal(receiverSecret),
    event_action: z.literal("resolve"),
    dedup_key: z.string().min(1).max(255),
  }),
]);
const alertsSchema = z
  .array(
    z.strictObject({
      labels: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string().min(1)),
      annotations: z.record(z.string(), z.string()),
      startsAt: z.iso.datetime().optional(),
      endsAt: z.iso.datetime(),
    }),
  )
  .min(1);
const annotationSchema = z.strictObject({
  time: z.int(),
  timeEnd: z.int().optional(),
  dashboardUID: z.string().optional(),
  tags: z.array(z.string().max(100)),
  text: z.string().min(1),
});

type Annotation = z.infer<typeof annotationSchema> & { readonly id: number };
type Answer = { readonly status: number; readonly body: string };

const refused: Answer = { status: 400, body: "invalid" };
const ok: Answer = { status: 200, body: "ok" };

/** Incidents by dedup_key: whether they are open, and how often they were opened. */
type Incidents = Map<string, { open: boolean; opened: number }>;

/** All HTTP receivers behind one address, each under its own path. */
export async function openReceivers() {
  const names = ["webhook", "slack", "teams", "pagerduty", "alertmanager", "grafana"] as const;
  const receivers = Object.fromEntries(names.map((name) => [name, new Receiver()])) as Record<
    (typeof names)[number],
    Receiver
  >;
  const incidents: Incidents = new Map();
  const alerts = new Map<string, { startsAt: number; endsAt: number }>();
  const annotations: Annotation[] = [];
  const protocols: Readonly<Record<string, (asked: Asked) => Answer>> = {
    webhook: (asked) => takeWebhook(receivers.webhook, asked),
    slack: ({ body, headers }) => {
      if (!slackSchema.safeParse(readJson(body)).success || Buffer.byteLength(body) > 11_000)
        return { status: 400, body: "invalid_blocks" };
      receivers.slack.take(String(headers["x-retriever-id"]), body);
      return ok;
    },
    teams: ({ body, headers }) => {
      if (Buffer.byteLength(body) > 28_000) return { status: 413, body: "" };
      if (!teamsSchema.safeParse(readJson(body)).success) return refused;
      receivers.teams.take(String(headers["x-retriever-id"]), body);
      return { status: 202, body: "" };
    },
    pagerduty: (asked) => takeEvent(receivers.pagerduty, incidents, asked),
    alertmanager: (asked) => takeAlerts(receivers.alertmanager, alerts, asked),
    grafana: (asked) => takeAnnotation(receivers.grafana, annotations, asked),
  };
  const server = await playServer(({ method, url, headers, body }, response) => {
    const name = names.find((one) => url.pathname.startsWith(`/${one}`));
    const protocol = name === undefined ? undefined : protocols[name];
    if (name === undefined || protocol === undefined) return reply(response, 404, "");
    const whim = receivers[name].whims.shift();
    if (whim !== undefined) return follow(response, whim);
    const { status, body: said } = protocol({ method, url, headers, body });
    reply(response, status, said);
  });
  return { ...receivers, incidents, alerts, annotations, url: server.url, close: server.close };
}
export type Receivers = Awaited<ReturnType<typeof openReceivers>>;

function follow(response: ServerResponse, whim: Whim): void {
  if (whim === "silence") return;
  response.writeHead(whim.status, whim.headers).end(whim.body ?? "no");
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Standard Webhooks: the signature is over id, time and body. */
function takeWebhook(receiver: Receiver, { headers, body }: Asked): Answer {
  const [id, seconds, signature] = ["id", "timestamp", "signature"].map((word) => String(headers[`webhook-${word}`]));
  const expected = createHmac("sha256", receiverSecret).update(`${id}.${seconds}.${body}`).digest("base64");
  if (signature !== `v1,${expected}`) return { status: 401, body: "" };
  receiver.take(String(id), body);
  return { status: 204, body: "" };
}

function takeEvent(receiver: Receiver, incidents: Incidents, { body, headers }: Asked): Answer {
  const event = pagerDutySchema.safeParse(readJson(body));
  if (!event.success) return refused;
  const { dedup_key: key, event_action: action } = event.data;
  const known = incidents.get(key);
  if (action === "trigger" && known?.open !== true)
    incidents.set(key, { open: true, opened: (known?.opened ?? 0) + 1 });
  if (action === "resolve" && known !== undefined) known.open = false;
  receiver.take(String(headers["x-retriever-id"]), body, `${action} ${key}`);
  return { status: 202, body: JSON.stringify({ status: "success", dedup_key: key }) };
}

/** Alerts are known by their labels. */
function takeAlerts(
  receiver: Receiver,
  alerts: Map<string, { startsAt: number; endsAt: number }>,
  asked: Asked,
): Answer {
  const { method, url, headers, body } = asked;
  const read = alertsSchema.safeParse(readJson(body));
  if (method !== "POST" || url.pathname !== "/alertmanager/api/v2/alerts" || !read.success) return refused;
  for (const { labels, startsAt, endsAt } of read.data) {
    const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const ends = Date.parse(endsAt);
    alerts.set(key, { startsAt: startsAt === undefined ? ends : Date.parse(startsAt), endsAt: ends });
  }
  receiver.take(String(headers["x-retriever-id"]), body);
  return ok;
}

function takeAnnotation(receiver: Receiver, annotations: Annotation[], { method, url, headers, body }: Asked): Answer {
  if (headers["authorization"] !== `Bearer ${receiverSecret}`) return { status: 401, body: "" };
  if (method === "GET") {
    const tags = url.searchParams.getAll("tags");
    const found = annotations
      .filter((one) => tags.every((tag) => one.tags.includes(tag)))
      .toSorted((a, b) => b.time - a.time)
      .slice(0, Number(url.searchParams.get("limit") ?? "100"));
    // A point has no end, or the same as its beginning: both are seen.
    return { status: 200, body: JSON.stringify(found.map((one) => ({ timeEnd: one.time, ...one }))) };
  }
  if (method === "PATCH") {
    const known = annotations.find(({ id }) => url.pathname.endsWith(`/annotations/${id}`));
    const { timeEnd } = readJson(body) as { timeEnd: number };
    if (known === undefined) return { status: 404, body: "" };
    known.timeEnd = timeEnd;
    return { status: 200, body: "{}" };
  }
  const read = annotationSchema.safeParse(readJson(body));
  if (!read.success) return refused;
  annotations.push({ ...read.data, id: annotations.length + 1 });
  receiver.take(read.data.tags.find((tag) => tag.startsWith("id:")) ?? "", body);
  return { status: 200, body: JSON.stringify({ id: annotations.length }) };
}

/** Mails by their Message-ID. `refuse` answers a recipient; the server speaks no TLS. */
export async function openMailbox(refuse: (recipient: string) => number | undefined = () => undefined) {
  const receiver = new Receiver();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === "operator" && password === receiverSecret) return done(null, { user: username });
      done(Object.assign(new Error("wrong"), { responseCode: 535 }));
    },
    onRcptTo: ({ address }, _session, done) => {
      const responseCode = refuse(address);
      done(responseCode === undefined ? null : Object.assign(new Error(`no ${address}`), { responseCode }));
    },
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const email = Buffer.concat(parts).toString("utf8");
        receiver.take(/^message-id: (.*)$/im.exec(email)?.[1] ?? "", email);
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as AddressInfo;
  return { receiver, port, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}
