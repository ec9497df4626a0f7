// A Prometheus with its Alertmanagers that answer whatever they like, asked over HTTP as the operator asks, and what comes by
// the webhook in their name.
import { setImmediate } from "node:timers/promises";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { makeCanaryArrivals } from "#adapters/alertmanager/canary-arrivals.ts";
import { parseWebhookBody } from "#adapters/alertmanager/webhook-body.ts";
import { makeHttpAlertSources } from "#adapters/prometheus/http-alert-sources.ts";
import { type AlertsRead, canaryAlert } from "#core/model/alert-observation.ts";
import { readAlerts } from "#observe/read-alerts.ts";
import { type Played, playServer, reply } from "#test/api-server.ts";
import { someAlerts } from "#test/builders/alerts.ts";
import { canaryRule, groupsAnswer, place } from "#test/builders/prometheus-answers.ts";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import type { Kind } from "./kind.ts";
import { mutated, oddWords, oneOf, type Random, textOf } from "./values.ts";

const sources = ["unpinned", "pinned"] as const;
type Source = (typeof sources)[number];
const pin = { group: "ours", file: "/etc/prometheus/rules/administrator.yaml" };
const alert = shortPlan.rollback?.alert ?? "RETR_DUAL_VARIANCE_HIGH";
const phases: readonly Phase[] = ["Preflight", "WarmUp", "Ramp", "AwaitingCutover", "CuttingOver", "Guard"];
const causes = ["", "mismatch", "latency-delta", "destination-better", "__proto__", "shadow-error,odd"];

/** What the server says until it is told otherwise. */
type Say = { status: number; rules: string; held: string };

export type AlertKinds = { readonly kinds: readonly Kind[]; readonly close: () => Promise<void> };

/** A kind for a Prometheus that nobody pinned, which only holds, and one for a pinned rule among those of tenants. */
export async function openAlertKinds(): Promise<AlertKinds> {
  const say: Say = { status: 200, rules: "", held: "[]" };
  const played = await playServer(({ url }, response) =>
    reply(response, say.status, url.pathname === "/api/v1/rules" ? say.rules : say.held),
  );
  const clock = new FakeClock();
  const arrivals = makeCanaryArrivals(clock);
  const opened = makeHttpAlertSources({
    sources: sources.map((name) => configOf(name, played)),
    deadlineMs: 60_000,
    canaryArrivedAt: arrivals.arrivedAt,
  });
  const tamperFor =
    (source: Source): Kind["tamper"] =>
    async (truth, sim, random) => {
      Object.assign(say, said(source, sim.now, random));
      const call = textOf(mutated(aCall(), random), random);
      arrivals.note(parseWebhookBody(call) ?? []);
      const asked = { migration: sim.migration, plan: planOf(source) };
      const deadline = { clock, deadlineMs: 60_000, signal: new AbortController().signal };
      const read = await readAlerts(asked, { alertSources: opened } as never, deadline);
      played.requests.length = 0;
      return { seen: { ...truth, ...read }, count: 3, mayRollBack: false };
    };
  return {
    kinds: sources.map((source) => ({
      name: `answers of a Prometheus, ${source}`,
      phases,
      spec: planOf(source),
      alerts: calm(source),
      tamper: tamperFor(source),
    })),
    close: async () => {
      await opened.close();
      await played.close();
      await setImmediate();
    },
  };
}

function configOf(name: Source, { url }: Played) {
  const pinnedRules = name === "pinned" ? [{ alert, ...pin }] : [];
  return { name, url, alertmanagers: [{ url }], pinnedRules };
}

function planOf(source: Source) {
  const checklist = { ...onlyReachable, alerts: { policy: "Require" as const } };
  return aSpec({ ...shortPlan, checklist, metrics: { source } });
}

function calm(source: Source): (now: number) => AlertsRead {
  return (now) => ({ names: sources, read: { ok: true, value: someAlerts(now, { isPinned: source === "pinned" }) } });
}

/** The pinned rule is silent and the administrator's; beside it, tenants fire what they like under its name. */
function said(source: Source, now: number, random: Random): Say {
  const mine = { name: pin.group, file: pin.file, rules: [{ name: alert }, canaryRule(now)] };
  const theirs = groupsAnswer(now, [
    { name: oneOf(random, [...oddWords, pin.group]), file: "/tenant.yaml", rules: [firing(now, random)] },
    { name: "tenant", file: "", rules: [firing(now, random), canaryRule(now)] },
  ]) as { readonly data: { readonly groups: readonly object[] } };
  const hostile = mutated(theirs, random, Math.floor(random() * 4)) as typeof theirs;
  const status = oneOf(random, [200, 200, 200, 200, 200, 200, 200, 302, 401, 500]);
  const held = textOf(mutated([{ labels: { alertname: canaryAlert } }], random), random);
  if (source === "unpinned") return { status, rules: textOf(hostile, random), held };
  // What tenants write is within an answer that Prometheus itself writes.
  const [administrators] = (groupsAnswer(now, [mine]) as typeof theirs).data.groups;
  const groups = Array.isArray(hostile?.data?.groups) ? hostile.data.groups : [];
  return { status, rules: JSON.stringify({ status: "success", data: { groups: [administrators, ...groups] } }), held };
}

function firing(now: number, random: Random) {
  const at = now - oneOf(random, [-1e9, 0, 40_000, 900_000, 1e12]);
  const labels = {
    alertname: alert,
    ...place,
    cause: oneOf(random, causes),
    [oneOf(random, oddWords)]: longWord(random),
  };
  const annotations = { cause: oneOf(random, [...causes, ...oddWords]) };
  const alerts = [{ labels, annotations, activeAt: new Date(at).toISOString(), value: longWord(random) }];
  return { name: alert, duration: oneOf(random, [0, 10, 1e308]), labels: random() < 0.5 ? {} : place, alerts };
}

/** Halves of characters come of cutting such a word anywhere. */
function longWord(random: Random): string {
  return oneOf(random, [...oddWords, `${"x".repeat(Math.floor(random() * 130))}${"😀".repeat(500)}`]);
}

function aCall() {
  return { version: "4", alerts: [{ status: "firing", labels: { alertname: canaryAlert, ...place } }] };
}
