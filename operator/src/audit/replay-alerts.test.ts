// The evidence of an alert: what a Prometheus said is kept with the decision, and the decision follows from it again.
import { beforeAll, describe, expect, test } from "vitest";
import { decide } from "#core/decide.ts";
import type { AlertsObservation } from "#core/model/alert-observation.ts";
import type { AlertQuestion, AlertSources } from "#ports/alert-sources.ts";
import { aFiring, someAlerts } from "#test/builders/alerts.ts";
import { onlyReachable } from "#test/builders/spec.ts";
import { recordedWorld } from "#test/recorded-loop.ts";
import { readKeptInput } from "./kept-input.ts";
import { replay } from "./replay.ts";

const spec = { checklist: { ...onlyReachable, alerts: { policy: "Require" } }, metrics: { source: "monitoring" } };

describe("the evidence of a rollback by the alert of a Prometheus", () => {
  let world: ReturnType<typeof recordedWorld>;
  const questions: AlertQuestion[] = [];
  beforeAll(async () => {
    let said: Partial<AlertsObservation> = {};
    const alertSources: AlertSources = {
      names: ["monitoring"],
      read: async (question) => {
        questions.push(question);
        return someAlerts(world.clock.now(), said);
      },
    };
    world = recordedWorld({ spec, alertSources });
    const { loop, evidence } = world.operator();
    loop.start();
    await world.until("Guard");
    said = { firings: [aFiring(world.clock.now() + 60_000, 60_000)] };
    await world.until("RolledBack");
    await loop.stop();
    await evidence.close(1000);
  });

  test("asks for this target's alert, from the preflight on", () => {
    expect(questions[0]).toEqual({
      source: "monitoring",
      alert: "RETR_DUAL_VARIANCE_HIGH",
      namespace: "search",
      target: "search-api",
    });
  });

  test("holds what was read, and every decision comes out the same again", async () => {
    const decisions = world.printed.filter((record) => record.kind === "decision");
    const rollback = decisions.find(({ phase }) => phase === "RollingBack");
    const input = rollback === undefined ? undefined : readKeptInput(rollback.input);
    const read = input?.observation.alerts?.read;
    expect(read).toMatchObject({
      ok: true,
      value: { rules: [{ forSeconds: 10 }], firings: [{ causes: ["mismatch"], forSeconds: 10, value: "0.5" }] },
    });
    expect(replay(await world.file(), decide)).toMatchObject({
      rederived: decisions.length,
      gaps: [],
      fault: undefined,
    });
  });
});
