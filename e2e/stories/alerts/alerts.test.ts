// Stories of the alert with the real Prometheus and Alertmanager, the chart's rules and one of the administrator, and real sidecars.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { measureRun } from "#bench/alerts/k1.ts";
import { type AlertStage, alertSpec, openAlertStage } from "#stories/alerts/alert-stage.ts";
import { eventually } from "#support/eventually.ts";
import { findBinaries } from "#support/prometheus/binaries.ts";
import { forSeconds, quickRules, renameAlert } from "#support/prometheus/rules.ts";
import { conditionOf } from "#support/world/migration-status.ts";
import { eventOf } from "../embedded/traces.ts";

const dashboards = join(import.meta.dirname, "../../../charts/retriever-migration-operator/files/dashboards");
const dashboardSchema = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
  annotations: z.object({ list: z.array(z.object({ name: z.string(), expr: z.string().optional() })) }),
});

const binaries = findBinaries();
const missing = "missing" in binaries ? binaries.missing : undefined;
if (missing !== undefined) {
  process.stderr.write(`\nSKIPPED, stories with a real Prometheus: ${missing}\n\n`);
  // In CI a missing peer is a failure.
  if (process.env["CI"] === "1") it("Prometheus and Alertmanager are there", () => expect.fail(missing));
}

describe.skipIf(missing !== undefined)("with a real Prometheus and Alertmanager", () => {
  let alerts: AlertStage;
  beforeAll(async () => {
    if ("missing" in binaries) return;
    alerts = await openAlertStage({ name: "alerts", binaries, webhook: true });
  });
  afterAll(() => alerts?.close());

  it("an alert that fires in the guard rolls back within 10 s of it, its for apart", async () => {
    const run = await measureRun(alerts, "alert-fires");
    expect(run.forMs).toBeGreaterThanOrEqual(forSeconds * 1000);
    expect(run.firingToIntentMs).toBeLessThanOrEqual(10_000);
  });

  it("every query of the dashboards and of their annotations then has data", async () => {
    const queries = globSync("*.json", { cwd: dashboards }).flatMap((file) => {
      const { panels, annotations } = dashboardSchema.parse(JSON.parse(readFileSync(join(dashboards, file), "utf8")));
      const drawn = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ about: title, expr })));
      const marked = annotations.list.flatMap(({ name, expr }) => (expr === undefined ? [] : [{ about: name, expr }]));
      return [...drawn, ...marked].map(({ about, expr }) => ({ about: `${file}: ${about}`, expr }));
    });
    expect(queries.length).toBeGreaterThan(50);
    expect(await alerts.monitoring.countSamples("retriever_migration_gone")).toBe(0);
    const empty: string[] = [];
    for (const { about, expr } of queries) {
      const samples = await alerts.monitoring.countSamples(
        expr.replaceAll(/\$(namespace|migration|target|store)/g, ".*"),
      );
      if (samples === 0) empty.push(`${about}: ${expr}`);
    }
    expect(empty).toEqual([]);
  });

  it("a rule renamed in mid-guard is a page, holds the guard's clock and rolls nothing back, until it is back", async () => {
    const { monitoring } = alerts;
    const play = await alerts.play("rule-renamed");
    await play.migrate(alertSpec);
    const armed = await play.reach("Guard", 180_000);
    expect(conditionOf(armed, "AlertsArmed")?.message).toContain("it arrived at the webhook");
    await monitoring.writeRules(renameAlert(await quickRules()));
    const deaf = await play.conditionIs("AlertsArmed", "False", "RuleMissing");
    // A Prometheus that can't be read for a moment is a ticket of the same reason.
    expect(await eventOf(play, "AlertsNotArmed", "page")).toMatchObject({ type: "Warning" });
    const held = await play.see("its clock is held", ({ guard }) => guard?.visibility === "held");
    await eventually("reconciles pass", async () => {
      const { guard, conditions } = await play.status();
      const now = conditions.find(({ type }) => type === "AlertsArmed");
      return now?.status === "False" && guard?.watchedSeconds === held.guard?.watchedSeconds;
    });
    await monitoring.writeRules(await quickRules());
    const back = await play.conditionIs("AlertsArmed", "True", "Armed");
    expect([deaf.phase, back.phase, back.rollback]).toEqual(["Guard", "Guard", undefined]);
    await play.close();
  });

  it("a call of the webhook without the token, or with another one, is refused", async () => {
    const call = (headers: Record<string, string>) => fetch(alerts.webhookUrl, { method: "POST", headers, body: "{}" });
    expect((await call({})).status).toBe(401);
    expect((await call({ authorization: "Bearer another-token-than-it" })).status).toBe(401);
  });
});
