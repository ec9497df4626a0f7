import { describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import type { LeaseRead, LeaseRecord, LeaseStore } from "#ports/lease.ts";
import { FakeClock, settle } from "#test/fakes/fake-clock.ts";
import { type LeaderElectionOptions, lead, leaseTimesOf } from "./leader-election.ts";

/** A lease in memory with versions, faults and lost answers. */
class FakeLease implements LeaseStore {
  current: LeaseRead | undefined;
  fault: unknown;
  loseAnswers = false;
  writes = 0;

  async read(): Promise<LeaseRead | undefined> {
    if (this.fault !== undefined) throw this.fault;
    return this.current;
  }

  async write(record: LeaseRecord, over: string | undefined): Promise<LeaseRead> {
    if (this.fault !== undefined) throw this.fault;
    if (this.current?.resourceVersion !== over) throw new OperatorError("ROP_CONFLICT", "lease");
    this.writes += 1;
    this.current = { ...record, resourceVersion: String(Number(over ?? 0) + 1) };
    if (this.loseAnswers) throw new OperatorError("ROP_API_UNAVAILABLE", "answer lost");
    return this.current;
  }
}

function arrange(identity: string, lease = new FakeLease(), clock = new FakeClock()) {
  const faults: OperatorError[] = [];
  const options: LeaderElectionOptions = {
    store: lease,
    clock,
    random: () => 0.5,
    identity,
    times: leaseTimesOf(15_000),
    onFault: (fault) => faults.push(fault),
  };
  const stop = new AbortController();
  return { lease, clock, faults, options, stop, leading: () => lead(options, stop.signal) };
}

async function settledOf<T>(promise: Promise<T>): Promise<T | "pending"> {
  await settle();
  return Promise.race([promise, Promise.resolve("pending" as const)]);
}

const foreign: LeaseRead = {
  holder: "other",
  durationSeconds: 15,
  renewedAt: 1,
  acquiredAt: 1,
  transitions: 4,
  resourceVersion: "9",
};

describe("the lease", () => {
  test("that isn't there is created and renewed often enough", async () => {
    const { lease, clock, leading } = arrange("a");
    const leadership = await leading();
    expect(leadership.fencing).toBe(1);
    const before = lease.writes;
    await clock.advance(60_000);
    expect(lease.writes - before).toBe(15);
    expect(await settledOf(leadership.lost)).toBe("pending");
  });

  test("of another is taken only when it hasn't changed for its duration, whatever the clocks say", async () => {
    const { lease, clock, leading } = arrange("b");
    lease.current = foreign;
    const leadership = leading();
    clock.jumpWall(24 * 3600_000);
    await clock.advance(12_000);
    lease.current = { ...foreign, renewedAt: 2, resourceVersion: "10" };
    await clock.advance(14_000);
    expect(await settledOf(leadership)).toBe("pending");
    await clock.advance(8000);
    expect((await leadership).fencing).toBe(5);
    expect(lease.current.holder).toBe("b");
  });

  test("that was released is taken at once, with a higher fencing number", async () => {
    const lease = new FakeLease();
    const clock = new FakeClock();
    const first = await arrange("a", lease, clock).leading();
    await first.release();
    expect(lease.current?.holder).toBe("");
    expect((await arrange("b", lease, clock).leading()).fencing).toBe(2);
  });

  test("wanted by two at once goes to one", async () => {
    const lease = new FakeLease();
    const clock = new FakeClock();
    const both = [arrange("a", lease, clock).leading(), arrange("b", lease, clock).leading()];
    await clock.advance(1000);
    const states = await Promise.all(both.map(settledOf));
    expect(states.filter((state) => state === "pending").length).toBe(1);
  });

  test("taken by another is lost at the next renewal", async () => {
    const { lease, clock, leading } = arrange("a");
    const leadership = await leading();
    lease.current = foreign;
    await clock.advance(4000);
    expect(await settledOf(leadership.lost)).toMatchObject({ code: "ROP_LEASE_LOST" });
  });

  test("that can't be renewed is lost before others may take it", async () => {
    const { lease, clock, leading } = arrange("a");
    const leadership = await leading();
    await clock.advance(8000);
    lease.fault = new OperatorError("ROP_API_UNAVAILABLE", "down");
    await clock.advance(9000);
    expect(await settledOf(leadership.lost)).toBe("pending");
    await clock.advance(5000);
    expect(await settledOf(leadership.lost)).toMatchObject({ code: "ROP_LEASE_LOST" });
  });

  test("whose renewals arrive though their answers are lost is kept as soon as one answer comes", async () => {
    const { lease, clock, leading } = arrange("a");
    const leadership = await leading();
    lease.loseAnswers = true;
    await clock.advance(4500);
    lease.loseAnswers = false;
    await clock.advance(30_000);
    expect(await settledOf(leadership.lost)).toBe("pending");
  });

  test("waited for while the API is away is taken when it is back; every fault is told", async () => {
    const { lease, clock, faults, leading } = arrange("a");
    lease.fault = new OperatorError("ROP_API_UNAVAILABLE", "down");
    const leadership = leading();
    await clock.advance(20_000);
    expect(faults.length).toBeGreaterThan(3);
    lease.fault = undefined;
    await clock.advance(4000);
    expect((await leadership).fencing).toBe(1);
  });

  test("says no from the first moment after a pause that outlasted it, and yes again once a renewal came through", async () => {
    const { lease, clock, leading } = arrange("a");
    const leadership = await leading();
    expect(leadership.holds()).toBe(true);
    clock.standStill(10_001);
    expect(leadership.holds()).toBe(false);
    await clock.advance(0);
    expect(leadership.holds()).toBe(true);
    clock.standStill(16_000);
    lease.current = foreign;
    expect(leadership.holds()).toBe(false);
    await clock.advance(0);
    expect(await settledOf(leadership.lost)).toMatchObject({ code: "ROP_LEASE_LOST" });
    expect(leadership.holds()).toBe(false);
  });

  test("that was released isn't held, however fresh it is", async () => {
    const { leading } = arrange("a");
    const leadership = await leading();
    await leadership.release();
    expect(leadership.holds()).toBe(false);
  });

  test("of any length is renewed three times while it lasts, and given up before others may take it", () => {
    for (const leaseMs of [1000, 2000, 15_000, 120_000]) {
      const { renewWithinMs, renewEveryMs, retryMs } = leaseTimesOf(leaseMs);
      expect(renewEveryMs * 3).toBeLessThan(leaseMs);
      expect(renewWithinMs + renewEveryMs).toBeLessThan(leaseMs);
      expect(retryMs).toBeGreaterThan(0);
    }
  });

  test("no longer wanted is not waited for", async () => {
    const { lease, clock, stop, leading } = arrange("a");
    lease.current = foreign;
    const leadership = leading();
    stop.abort();
    await expect(leadership).rejects.toMatchObject({ code: "ROP_STOPPED" });
    expect(clock.pending).toBe(0);
  });

  test("after the release nothing is renewed and nothing is lost", async () => {
    const { lease, clock, leading } = arrange("a");
    const leadership = await leading();
    await leadership.release();
    const before = lease.writes;
    await clock.advance(60_000);
    expect(lease.writes).toBe(before);
    expect(await settledOf(leadership.lost)).toBe("pending");
  });
});
