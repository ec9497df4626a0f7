import { describe, expect, it } from "vitest";
import { aContext, ago } from "#test/builders/context.ts";
import { clockDifferenceSeconds } from "./clock-difference.ts";

/** What each pod tells of the newest `updated_at` of both stores, seconds ago. */
function seconds(...dated: readonly number[]): number | undefined {
  const c = aContext("Guard");
  const pods = c.serving.flatMap((pod) => {
    const { status } = pod;
    if (!status.ok) return [];
    return dated.map((secondsAgo) => {
      const stores = status.value.stores.map((store) => ({ ...store, newestUpdatedAt: ago(secondsAgo) }));
      return { ...pod, status: { ok: true as const, value: { ...status.value, stores } } };
    });
  });
  return clockDifferenceSeconds({ ...c, observation: { ...c.observation, pods: { ok: true, value: pods } } });
}

describe("the difference of clocks", () => {
  it("is widened by an odd pod, behind or ahead, and never narrowed by one", () => {
    expect([seconds(7200), seconds(7200, 0), seconds(7200, -86_400)]).toEqual([7200, 7200, 86_400]);
  });

  it("isn't known where no pod answers", () => {
    expect(seconds()).toBeUndefined();
  });
});
