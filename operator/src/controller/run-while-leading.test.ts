import { describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import type { LeaseRead, LeaseRecord, LeaseStore } from "#ports/lease.ts";
import { makeLogger } from "#telemetry/logger.ts";
import { makeMetrics } from "#telemetry/metrics.ts";
import { FakeClock, settle } from "#test/fakes/fake-clock.ts";
import { leaseTimesOf } from "./leader-election.ts";
import type { Loop } from "./loop.ts";
import { runWhileLeading } from "./run-while-leading.ts";

function arrange(more: { readonly leaderElection?: boolean; readonly lease?: LeaseRead } = {}) {
  const clock = new FakeClock();
  const story: string[] = [];
  const state: { lease: LeaseRead | undefined; fault: unknown } = { lease: more.lease, fault: undefined };
  const store: LeaseStore = {
    read: async () => state.lease,
    write: async (record: LeaseRecord) => {
      if (state.fault !== undefined) throw state.fault;
      state.lease = { ...record, resourceVersion: "1" };
      return state.lease;
    },
  };
  const loop: Pick<Loop, "start" | "stop"> = {
    start: () => void story.push("start"),
    stop: async () => void story.push("stop"),
  };
  const leader = {
    store,
    clock,
    random: () => 0.5,
    identity: "a",
    times: leaseTimesOf(15_000),
    onFault: () => undefined,
  };
  const metrics = makeMetrics({ processMetrics: false });
  const stop = new AbortController();
  const log = makeLogger({ level: "silent" });
  const ended = runWhileLeading(
    {
      leader: more.leaderElection === false ? undefined : leader,
      loop,
      metrics,
      log,
      onLead: (leadership) => void story.push(`lead, holds: ${leadership.holds()}`),
      finish: async () => void story.push(`finish, holder: ${state.lease?.holder}`),
    },
    stop.signal,
  );
  return { clock, story, state, stop, ended, metrics };
}

describe("the loop of a leader", () => {
  test("runs until it is told to stop, finishes its writing, then gives the lease away", async () => {
    const { story, state, stop, ended, metrics } = arrange();
    await settle();
    expect(story).toEqual(["lead, holds: true", "start"]);
    expect(await metrics.render()).toContain("retriever_leader 1");
    stop.abort();
    expect(await ended).toBe(false);
    expect(story).toEqual(["lead, holds: true", "start", "stop", "finish, holder: a"]);
    expect(state.lease?.holder).toBe("");
  });

  test("that loses its lease ends without waiting for anything", async () => {
    const { clock, story, state, ended } = arrange();
    await settle();
    state.fault = new OperatorError("ROP_API_UNAVAILABLE", "down");
    await clock.advance(20_000);
    expect(await ended).toBe(true);
    expect(story).toEqual(["lead, holds: true", "start"]);
  });

  test("never starts when it is stopped while it waits", async () => {
    const lease = {
      holder: "other",
      durationSeconds: 15,
      renewedAt: 0,
      acquiredAt: 0,
      transitions: 1,
      resourceVersion: "1",
    };
    const { clock, story, stop, ended } = arrange({ lease });
    await clock.advance(5000);
    stop.abort();
    expect(await ended).toBe(false);
    expect(story).toEqual([]);
  });

  test("needs no lease when there is only one", async () => {
    const { story, state, stop, ended } = arrange({ leaderElection: false });
    await settle();
    expect(story).toEqual(["lead, holds: true", "start"]);
    stop.abort();
    expect(await ended).toBe(false);
    expect(state.lease).toBeUndefined();
  });
});
