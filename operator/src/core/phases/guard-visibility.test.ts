import { describe, expect, it } from "vitest";
import { aFinding, ago, aReadyContext, lagging, someHarm } from "#test/builders/context.ts";
import { aCondition } from "#test/builders/migration.ts";
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

  it("is enough requests to notice a failure, or too few, or nothing that counts", () => {
    // Two pods; a dead destination is left after fifteen failures, which have to come within maxDetectionTime.
    expect([seen(8), seen(7), seen(0)]).toEqual(["watched", "idle", "idle"]);
    expect(seen(8, { harm: someHarm({ weighing: [aFinding("too slow")] }) })).toBe("held");
    expect(seen(8, { status: paused.status })).toBe("held");
    expect(seen(8, { status: aReadyContext("Guard", {}, { acts: { paused: false, seen: [] } }).status })).toBe(
      "watched",
    );
  });

  it("is enough where who isn't seen is fenced, and serves the source", () => {
    const c = aReadyContext(
      "Guard",
      {},
      { revision: { ...aReadyContext("Guard").status.revision, at: ago(900) } as never },
    );
    const half = [aPod("pod-1").following(c.migration, { requests: 15 }).build(), aPod("pod-2").silent().build()];
    const acks = { ...lagging, lagging: [], fenced: ["pod-2"] };
    const stale = { ...aCondition("ConfigPropagated", "False"), lastTransitionTime: ago(900) };
    const migration = { ...c.migration, status: { ...c.migration.status, conditions: [stale] } };
    expect(judgeVisibility({ ...c, migration, serving: half, acks })).toBe("watched");
    expect(judgeVisibility({ ...c, migration, serving: half, acks: lagging })).toBe("unobserved");
  });

  it("is nothing while a pod isn't seen, paused or not", () => {
    expect(seen(8, { acks: lagging })).toBe("unobserved");
    expect(seen(8, { serving: [] })).toBe("unobserved");
    const c = aReadyContext("Guard");
    const half = [aPod("pod-1").following(c.migration, { requests: 1 }).build(), aPod("pod-2").silent().build()];
    expect(seen(8, { serving: half })).toBe("unobserved");
    expect(seen(8, { serving: half, status: paused.status })).toBe("unobserved");
  });
});
