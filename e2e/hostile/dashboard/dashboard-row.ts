// Z7: the dashboard's server, as `kubectl retriever dashboard` starts it, against whoever reaches its port, against words
// that others wrote, against 10,000 events, and while the API server or a right is lost.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { oddWords } from "@retriever/operator/test/hostile/values.ts";
import { amount, least, most, type Part } from "#bench/report/rows.ts";
import { eventually } from "#support/eventually.ts";
import { startDashboard } from "../../ui/dashboard-process.ts";
import { nameOf, namespace, type PhaseCluster, startPhases } from "../../ui/migrations.ts";
import { troubles } from "../../ui/trouble.ts";
import type { HostileContext, HostileRow } from "../rows/hostile-row.ts";
import { type Asked, ask, mostPageBytes } from "./browser.ts";

export const dashboardRow: HostileRow = { id: "Z7", title: "the dashboard's server", run: runDashboard };

const markup = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "</style><script>alert(1)</script>",
  "'onmouseover='alert(1)",
  '<a href="javascript:alert(1)">x</a>',
  "<!--parts-->",
  "&lt;b&gt;<b>",
];
/** What steers a terminal, or turns the direction of what is read. */
const steering = /[\p{Cc}\p{Cf}\p{Cs}]/u;
const marks = ["\u001b[31m", "\u202etxt", "\u2066\u200b", ...oddWords.filter((word) => steering.test(word))];
/** Line breaks are the page's own. */
const steeringInPage = /[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u;

const target = nameOf("Ramp");
const page = `m/${namespace}/${target}`;
const form = { "content-type": "application/x-www-form-urlencoded" };

/** `base` ends with a slash; `own` are the headers of the browser that opened the link. */
type Stage = {
  readonly cluster: PhaseCluster;
  readonly port: number;
  readonly link: URL;
  readonly base: string;
  readonly own: Readonly<Record<string, string>>;
  readonly say: HostileContext["say"];
};

async function runDashboard({ isQuick, say }: HostileContext): Promise<readonly Part[]> {
  const folder = await mkdtemp(join(tmpdir(), "hostile-dashboard-"));
  const cluster = await startPhases(folder);
  const dashboard = await startDashboard(cluster.api.kubeconfigPath("admin"));
  try {
    const link = new URL(dashboard.announced);
    const port = Number(link.port);
    const opened = await ask(port, { path: link.pathname + link.search });
    const own = { cookie: String(opened.headers["set-cookie"]).split(";")[0] ?? "" };
    const base = /url=(\S+)/.exec(String(opened.headers["refresh"]))?.[1] ?? "";
    const stage = { cluster, port, link, base, own, say };
    await eventually("the migrations are shown", async () => (await read(stage, "")).includes(target));
    return [...(await tryStrangers(stage)), ...(await tryWords(stage, isQuick)), ...(await tryTroubles(stage))];
  } finally {
    await dashboard.stop();
    await cluster.api.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function read({ port, base, own }: Stage, path: string): Promise<string> {
  return (await ask(port, { path: base + path, headers: own })).text;
}

/** Requests that nobody who may would send. */
function strangers({ port, link, base, own }: Stage): readonly Asked[] {
  const act = `${base}${page}/act/rollback`;
  const origin = `http://127.0.0.1:${port}`;
  const others = ["https://evil.example", "null", `http://localhost:${port}`, `http://127.0.0.1:${port + 1}`];
  const wrong = { cookie: own["cookie"]?.replace(/=.*/, `=${"A".repeat(43)}`) ?? "" };
  const paths = [base, base + page, `${base}style.css`, `${base}events?page=${page}`, act];
  return [
    ...paths.flatMap((path) => [{ path }, { path, headers: wrong }]),
    ...["evil.example", "localhost", `127.0.0.1:${port + 1}`].map((host) => ({
      path: base,
      headers: { ...own, host },
    })),
    ...others.map((one) => ({ path: base, headers: { ...own, origin: one } })),
    ...["cross-site", "same-site"].map((site) => ({ path: base, headers: { ...own, "sec-fetch-site": site } })),
    ...[...others, undefined].map((one) => ({
      method: "POST",
      path: act,
      headers: { ...own, ...form, ...(one === undefined ? {} : { origin: one }) },
      body: "confirmed=yes",
    })),
    { method: "POST", path: act, headers: { ...wrong, ...form, origin } },
    { method: "POST", path: act, headers: { ...own, "content-type": "text/plain", origin } },
    { method: "POST", path: act, headers: { ...own, ...form, origin }, body: "x".repeat(200_000) },
    ...["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"].map((method) => ({ method, path: act, headers: own })),
    { path: link.pathname + link.search },
    { path: `/open?token=${"A".repeat(43)}` },
    { path: "/open" },
    { path: `${base}%2e%2e/open`, headers: own },
    { path: `/x/..${base.slice(0, -2)}/`, headers: own },
    { path: `http://evil.example${base}`, headers: own },
  ];
}

async function tryStrangers(stage: Stage): Promise<Part[]> {
  const asked = strangers(stage);
  const through: string[] = [];
  for (const one of asked) {
    const { status } = await ask(stage.port, one);
    if (status >= 200 && status < 400)
      through.push(`${one.method ?? "GET"} ${one.path} ${JSON.stringify(one.headers)}: ${status}`);
  }
  const acts = actsOf(stage);
  for (const one of through) stage.say(`let through: ${one}`);
  return [
    amount("strangers' requests answered", through.length, most(0), { n: asked.length }),
    amount("acts that they left", acts, most(0), { n: asked.length }),
  ];
}

function actsOf({ cluster }: Stage): number {
  const place = { group: "retriever.dev", version: "v1alpha1", plural: "migrationacts", namespace } as const;
  const { items } = cluster.api.direct({ verb: "list", ...place }) as { readonly items: readonly unknown[] };
  return items.length;
}

/** Each word as message of the status, of a step and of many events; the list, the page, its acts and its stream are read. */
async function tryWords(stage: Stage, isQuick: boolean): Promise<Part[]> {
  const words = [...markup, ...marks];
  createEvents(stage, words, isQuick ? 1000 : 10_000);
  let [largest, steered, raw, answers] = [0, 0, 0, 0];
  for (const [index, word] of words.entries()) {
    const mark = `word-${index}-`;
    const message = `${mark}${word}`;
    const history = [{ at: new Date().toISOString(), phase: "Ramp", epoch: 7, reason: "StepTaken", message }];
    stage.cluster.patch(target, { message, history });
    await eventually(`${mark} is shown`, async () => (await read(stage, page)).includes(mark));
    for (const path of ["", page, `${page}/act/rollback`, `${page}/act/pause`, `events?page=${page}`]) {
      const text = await read(stage, path);
      answers += 1;
      largest = Math.max(largest, text.length);
      const shown = path.startsWith("events") ? textsOfStream(text) : text;
      const isRaw = markup.some((one) => one !== "<!--parts-->" && shown.includes(one));
      const isSteered = steeringInPage.test(shown);
      if (isRaw || isSteered) stage.say(`${path}: ${JSON.stringify(word)} ${isRaw ? "raw" : "steers"}`);
      raw += isRaw ? 1 : 0;
      steered += isSteered ? 1 : 0;
    }
  }
  return [
    amount("answers with markup of others", raw, most(0), { n: answers }),
    amount("answers with control or direction marks", steered, most(0), { n: answers }),
    amount("bytes of the largest answer", largest, most(mostPageBytes / 4), { n: answers }),
  ];
}

/** The fragments of a stream's messages, as a browser puts them in. */
function textsOfStream(text: string): string {
  const messages = text.split("\n\n").filter((one) => one.startsWith("data: "));
  return messages.flatMap((one) => Object.values(JSON.parse(one.slice(6)) as Record<string, string>)).join("\n");
}

function createEvents({ cluster }: Stage, words: readonly string[], count: number): void {
  const place = { group: "", version: "v1", plural: "events", namespace } as const;
  const uid = cluster.uidOf(target);
  for (let index = 0; index < count; index += 1) {
    const word = words[index % words.length] ?? "";
    const body = {
      metadata: { name: `event-${index}`, namespace },
      involvedObject: { kind: "RetrieverMigration", name: target, namespace, uid },
      type: index % 2 === 0 ? "Warning" : word,
      reason: word,
      message: `event ${index} ${word}`,
      lastTimestamp: new Date(Date.now() - index * 1000).toISOString(),
    };
    cluster.api.direct({ verb: "create", ...place, body });
  }
}

/** What has to be said, and what has to stay, while nothing can be read; and that it goes on by itself. */
async function tryTroubles(stage: Stage): Promise<Part[]> {
  const missed: string[] = [];
  for (const { name, outcome, said } of troubles) {
    const heal = stage.cluster.api.faults.add({ match: () => true, outcome });
    try {
      await eventually(`${name}: it is said`, async () => (await read(stage, page)).includes(said));
      const lost = await read(stage, page);
      if (!lost.includes("NOT LIVE")) missed.push(`${name}: not called stale`);
      if (!lost.includes("/act/rollback")) missed.push(`${name}: no Rollback`);
      const { status } = await ask(stage.port, { path: `${stage.base}${page}/act/rollback`, headers: stage.own });
      if (status !== 200) missed.push(`${name}: no form to roll back, ${status}`);
      heal();
      await eventually(`${name}: it goes on`, async () => (await read(stage, page)).includes("Live from"));
    } catch (fault) {
      missed.push(fault instanceof Error ? fault.message : String(fault));
    } finally {
      heal();
    }
  }
  for (const one of missed) stage.say(one);
  return [
    amount("troubles not told, or not outlived", missed.length, most(0), { n: troubles.length }),
    amount("troubles tried", troubles.length, least(3)),
  ];
}
