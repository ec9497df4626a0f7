import { describe, expect, it } from "vitest";
import { aFinding, aReadyContext, lagging, someHarm } from "#test/builders/context.ts";
import { aPod } from "#test/builders/world.ts";
import type { Context } from "../model/context.ts";
import { judgeVisibility } from "./guard-visibility.ts";

describe("what a reconcile sees of a guarded primary", () => {
  const seen = (requests: number, more: Partial<Context> = {}) => {
    const c = aReadyContext("Guard");
    const serving = c.serving.map((pod) => aPod(pod.name).following(c.migration, { requests }).build());
    return judgeVisibility({ ...c, serving, ...more });
  };
  const paused = aReadyContext("Guard", {}, { acts: { paused: true, seen: [] } });

  it("is requests, or none, or nothing that counts", () => {
    expect([seen(1), seen(0)]).toEqual(["healthy", "idle"]);
    expect(seen(1, { harm: someHarm({ weighing: [aFinding("too slow")] }) })).toBe("held");
    expect(seen(1, { status: paused.status })).toBe("held");
    expect(seen(1, { status: aReadyContext("Guard", {}, { acts: { paused: false, seen: [] } }).status })).toBe(
      "healthy",
    );
  });

  it("is nothing while a pod isn't seen, paused or not", () => {
    expect(seen(1, { acks: lagging })).toBe("blind");
    expect(seen(1, { serving: [] })).toBe("blind");
    const c = aReadyContext("Guard");
    const half = [aPod("pod-1").following(c.migration, { requests: 1 }).build(), aPod("pod-2").silent().build()];
    expect(seen(1, { serving: half })).toBe("blind");
    expect(seen(1, { serving: half, status: paused.status })).toBe("blind");
  });
});
