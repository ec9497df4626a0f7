// The cutover asked by itself: it ends in the guard or goes back, and never waits for long.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, ago, lagging } from "#test/builders/context.ts";
import { aCondition } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aPod } from "#test/builders/world.ts";
import type { Context } from "../model/context.ts";
import { cuttingOver } from "./cutting-over.ts";

const plan = aSpec({ cutover: { validationTimeout: "60s", ackTimeout: "60s" } });

/** So many requests a second before the cutover, `seconds` after it; every pod follows and counts so many. */
function at(before: number, seconds: number, requests: number, more: Partial<MigrationStatus> = {}): Context {
  const revision = { epoch: 5, primary: "destination", shadow: "source", sampleRate: 0.05, released: false } as const;
  const status = { revision: { ...revision, at: ago(seconds) }, throughput: { requestsPerSecond: before }, ...more };
  const c = aContext("CuttingOver", { plan, status });
  const serving = c.serving.map((pod) => aPod(pod.name).following(c.migration, { requests }).build());
  return { ...c, serving, acks: { ...c.acks, state: "all" } };
}

describe("a cutover", () => {
  it("enters the guard once requests have resumed, with its clocks at zero", () => {
    const outcome = cuttingOver(at(0.06, 30, 8));
    expect(outcome).toMatchObject({ reason: "CutOver", status: { phase: "Guard" } });
    expect(outcome.status.message).toMatch(/^every pod serves from qdrant:\/\/\S+; guarding for \w+$/);
    expect(outcome.status.guard).toEqual({
      startedAt: ago(0),
      tickedAt: ago(0),
      visibility: "watched",
      watchedSeconds: 0,
      idleSeconds: 0,
      unobservedSeconds: 0,
    });
  });

  it("waits for requests, and goes back when none has come in time", () => {
    const waiting = cuttingOver(at(0.1, 60, 0));
    expect(waiting).toMatchObject({ reason: "Validating", standing: "working", status: { phase: "CuttingOver" } });
    expect(waiting.status.message).toMatch(
      /^every pod serves from the destination; waiting for requests to resume: 0 requests\/s are answered, /,
    );
    const late = cuttingOver(at(0.1, 61, 0));
    expect(late.status).toMatchObject({ phase: "RollingBack", rollback: { reason: "ValidationTimeout", actor: null } });
    expect(late.status.rollback?.causes).toEqual([
      expect.stringMatching(/^retrieval_total did not resume within 60s after the cutover: 0 requests\/s are answered/),
    ]);
  });

  it("waits for nobody where fewer than five requests were to be expected", () => {
    expect(cuttingOver(at(0.08, 1, 0)).reason).toBe("CutOver");
    expect(cuttingOver(at(0.084, 1, 0)).reason).toBe("Validating");
    expect(cuttingOver(at(0.08, 0, 0)).reason).toBe("Validating");
    expect(cuttingOver(at(0, 1, 0, { throughput: undefined })).reason).toBe("CutOver");
    const baseline = {
      requests: 1,
      errorShare: 0,
      emptyShare: 0,
      p95Ms: 1,
      mismatchShare: null,
      requestsPerSecond: 0.1,
    };
    expect(cuttingOver(at(0, 1, 0, { baseline })).reason).toBe("Validating");
  });

  it("waits for every pod, and goes back when one takes too long", () => {
    const c = { ...at(0.1, 30, 5), acks: lagging };
    expect(cuttingOver(c)).toMatchObject({ reason: "Propagating", standing: "working" });
    expect(cuttingOver(c).status.message).toBe("cutting over: 1 of 2 pods follow; lagging: pod-2");
    const conditions = [{ ...aCondition("ConfigPropagated", "False"), lastTransitionTime: ago(900) }];
    const late = cuttingOver({
      ...at(0.1, 900, 5, { conditions, acks: { pods: 2, matched: 1, lagging: [], lost: [] } }),
      acks: lagging,
    });
    expect(late.status.rollback).toMatchObject({
      reason: "AckTimeout",
      causes: ["not every pod followed within 60s: 1 of 2 pods follow; lagging: pod-2"],
      actor: null,
    });
  });
});
