import { describe, expect, it } from "vitest";
import type { Clock } from "#ports/clock.ts";
import { limitTime } from "./deadline.ts";

function arrange() {
  const timers = new Map<() => void, number>();
  const clock: Clock = {
    now: () => 0,
    elapsed: () => 0,
    after: (delayMs, call) => {
      timers.set(call, delayMs);
      return () => void timers.delete(call);
    },
  };
  const outer = new AbortController();
  return { outer, timers, limit: limitTime({ clock, limitMs: 500, signal: outer.signal }) };
}

describe("a time limit", () => {
  it("that is reached aborts its signal", () => {
    const { limit, timers } = arrange();
    for (const [call] of timers) call();
    expect(limit.signal.aborted).toBe(true);
  });

  it("aborts with the outer signal, also with one that had aborted before", () => {
    const { limit, outer } = arrange();
    outer.abort();
    expect(limit.signal.aborted).toBe(true);
    const after: Clock["after"] = () => () => undefined;
    const late = limitTime({ clock: { now: () => 0, elapsed: () => 0, after }, limitMs: 1, signal: outer.signal });
    expect(late.signal.aborted).toBe(true);
  });

  it("that is renewed has one timer, of its whole length", () => {
    const { limit, timers } = arrange();
    limit.renew();
    expect([...timers.values()]).toEqual([500]);
  });

  it("that has ended keeps no timer, and its signal has aborted", () => {
    const { limit, timers } = arrange();
    limit.end();
    expect({ timers: timers.size, aborted: limit.signal.aborted }).toEqual({ timers: 0, aborted: true });
  });
});
