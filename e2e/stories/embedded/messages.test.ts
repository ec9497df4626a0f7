// Stories of messages: what a migration tells the outside, and that nobody outside can hold it.
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { eventually } from "#support/eventually.ts";
import { type Play, startPlay } from "./play.ts";
import { openSinkReceivers, type Received, type SinkReceivers } from "./sink-receivers.ts";
import { openStage, type Stage } from "./stage.ts";
import { longGuard } from "./story-migration.ts";

const key = "key-of-the-stories-sink";
const folder = mkdtempSync(join(tmpdir(), "retriever-sinks-"));
let receivers: SinkReceivers;
let stage: Stage;
beforeAll(async () => {
  receivers = await openSinkReceivers();
  const secretFile = join(folder, "key");
  writeFileSync(secretFile, `${key}\n`);
  const webhooks = ["incidents", "broken", "silent", "late"].map((name) => ({ name, kind: "webhook", secretFile }));
  const sinks = [...webhooks, { name: "engineering", kind: "slack" }].map((sink) => ({
    ...sink,
    url: receivers.urlOf(sink.name),
  }));
  const file = join(folder, "sinks.yaml");
  writeFileSync(file, stringify({ sinks }));
  stage = await openStage("messages", { RETRIEVER_SINKS: file });
});
afterAll(async () => {
  await stage.close();
  await receivers.close();
  rmSync(folder, { recursive: true });
});

const envelopeSchema = z.object({
  specversion: z.literal("1.0"),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  data: z.object({ migration: z.string(), kind: z.string(), text: z.string(), calendar: z.string().optional() }),
});

function envelopesOf(play: Play, sink: string) {
  return receivers
    .received(sink)
    .map(({ body }) => envelopeSchema.parse(JSON.parse(body)))
    .filter(({ data }) => data.migration === play.name);
}

function isSigned({ headers, body }: Received): boolean {
  return headers["x-retriever-signature"] === `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;
}

describe.concurrent("a migration that names sinks", () => {
  it("tells of its course in order, signed, with a calendar entry before the cutover, and Slack in words", async () => {
    const play = await startPlay(stage, "told", { ratePerSecond: 8 });
    await play.migrate({ communications: { sinks: ["incidents", "engineering"] } });
    await play.reach("Completed");
    const kinds = ["Start", "PreCutover", "CutOver", "Completion"];
    await eventually("the completion is told", async () => envelopesOf(play, "incidents").length >= kinds.length);
    const told = envelopesOf(play, "incidents");
    // At least once: what comes again has the same id.
    const byId = new Map(told.map((envelope) => [envelope.id, envelope]));
    expect([...byId.values()].map(({ data }) => data.kind)).toEqual(kinds);
    expect([...byId.values()].map(({ data }) => data.calendar?.startsWith("BEGIN:VCALENDAR"))).toEqual([
      undefined,
      true,
      undefined,
      undefined,
    ]);
    expect(receivers.received("incidents").every(isSigned)).toBe(true);
    const words = receivers.received("engineering").map(({ body }) => (JSON.parse(body) as { text: string }).text);
    expect(words.some((text) => text.includes("told: Completion: "))).toBe(true);
    expect(receivers.received("engineering").every(({ headers }) => !("x-retriever-signature" in headers))).toBe(true);
    const status = await eventually("nothing is left to send", async () =>
      [await play.status()].find(({ outbox = [] }) => outbox.every(({ pending }) => pending.length === 0)),
    );
    expect(JSON.stringify(status)).not.toContain(key);
    await play.close();
  });

  it("isn't held by a sink that fails, by one that never answers, nor by one that nobody configured", async () => {
    receivers.answer("broken", 500);
    receivers.answer("silent", "silence");
    const play = await startPlay(stage, "unheard", { ratePerSecond: 8 });
    await play.migrate({ communications: { sinks: ["broken", "silent", "unknown"] } });
    const completed = await play.reach("Completed");
    expect(completed.rollback).toBeUndefined();
    const status = await play.see("says what could not be sent", ({ outbox = [] }) =>
      outbox.some(({ attempts, lastError }) => attempts > 1 && lastError !== undefined),
    );
    const start = status.outbox?.find(({ kind }) => kind === "Start");
    expect([...(start?.pending ?? []), ...(start?.failed ?? [])].toSorted()).toEqual(["broken", "silent", "unknown"]);
    expect(JSON.stringify(status.outbox)).not.toContain(new URL(receivers.urlOf("broken")).host);
    await play.close();
  });

  it("whose rollback nobody could be told is told of it once the sink is back, under the same id each time", async () => {
    receivers.answer("late", 503);
    const play = await startPlay(stage, "belated", { ratePerSecond: 8 });
    await play.migrate({ guard: longGuard, communications: { sinks: ["late"] } });
    await play.reach("Guard");
    await play.act("Rollback");
    await play.reach("RolledBack");
    const rollbacks = () => envelopesOf(play, "late").filter(({ data }) => data.kind === "Rollback");
    await eventually("the rollback is tried twice", async () => rollbacks().length >= 2);
    receivers.answer("late", 204);
    await play.see("the sink has the rollback", ({ outbox = [] }) =>
      outbox.every(({ kind, pending }) => kind !== "Rollback" || pending.length === 0),
    );
    expect(new Set(rollbacks().map(({ id }) => id)).size).toBe(1);
    await play.close();
  });
});
