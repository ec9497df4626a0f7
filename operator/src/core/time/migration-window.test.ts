import { describe, expect, it } from "vitest";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { judgeWindow } from "./migration-window.ts";

describe("the window, Monday to Thursday 09:00 to 16:00", () => {
  const plan = (days?: []) => {
    const { checklist, ...rest } = aSpec({ checklist: { ...onlyReachable, window: {} } });
    return { ...rest, checklist: { ...checklist, window: { ...checklist.window, ...(days && { days }) } } };
  };
  const at = (instant: string, days?: []) => judgeWindow(plan(days), Date.parse(instant));
  const closed = (next: string, days = "Mon, Tue, Wed, Thu") => ({
    status: "False",
    reason: "WindowClosed",
    message: `outside the window (${days} 09:00 to 16:00 UTC); it opens next ${next}`,
  });

  it("is open on a Monday from 09:00 on, and says until when", () => {
    const open = { status: "True", reason: "WindowOpen", message: "open until Mon 2026-03-02 16:00 UTC" };
    expect(at("2026-03-02T09:00:00Z")).toEqual(open);
    expect(at("2026-03-02T15:59:59.999Z")).toEqual(open);
  });

  it.each([
    ["just before it", "2026-03-02T08:59:59.999Z", "at Mon 2026-03-02 09:00 UTC"],
    ["at its end", "2026-03-02T16:00:00Z", "at Tue 2026-03-03 09:00 UTC"],
    ["on a Friday", "2026-03-06T12:00:00Z", "at Mon 2026-03-09 09:00 UTC"],
  ])("is closed %s, and says when it opens", (_when, instant, next) => {
    expect(at(instant)).toEqual(closed(next));
  });

  it("never opens without days, and says so", () => {
    expect(at("2026-03-02T12:00:00Z", [])).toEqual(closed("in no near time", ""));
  });
});
