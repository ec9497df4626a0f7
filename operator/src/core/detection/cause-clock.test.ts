// How long harm has to last, what ends it, and what only seems to.

import type { CauseClock } from "@retriever/crds/status/harm-status.ts";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { startClock, tickClock } from "./cause-clock.ts";
import { advance, type Count, type Logs } from "./detector.ts";
import { type LineRule, trafficLines } from "./lines.ts";

const timing = { sustainedMs: 300_000, partMs: 150_000, gapMs: 300_000 };
const [score] = trafficLines({ plan: aSpec(), baseline: undefined, pastCutover: true, differenceIsHarmless: false });
const rule = score as LineRule;
const allBad: Count = { bad: 10, n: 10 };
const allGood: Count = { bad: 0, n: 10 };

/** Plays bins of 10 s from the one with which the evidence stood; undefined once refuted. */
function play(counts: readonly Count[], stands = true): CauseClock | undefined {
  let logs: Logs = advance([], rule.ratios(allBad));
  const tick = (count: Count, bin: number) => {
    logs = advance(logs, rule.ratios(count));
    return { rule, count, logs, seen: count, stands, endMs: (bin + 1) * 10_000 };
  };
  let clock: CauseClock | undefined = startClock(tick(allBad, 0));
  for (const [index, count] of counts.entries()) {
    if (clock === undefined) return undefined;
    clock = tickClock(clock, tick(count, index + 1), timing);
  }
  return clock;
}

const repeat = (count: Count, bins: number) => Array.from({ length: bins }, () => count);

describe("the clock of a cause", () => {
  it("waits for sustainedFor and one part, and then calls it worse", () => {
    expect(play(repeat(allBad, 44))?.verdict).toBe("waiting");
    expect(play(repeat(allBad, 45))?.verdict).toBe("worse");
  });

  it("ends with a part that refutes the harm, so a blip never becomes five minutes", () => {
    for (const bins of [1, 4, 15, 29]) expect(play([...repeat(allBad, bins), ...repeat(allGood, 60)])).toBeUndefined();
  });

  it("outlives a part that is better but not surely below what it was raised by", () => {
    expect(play(repeat({ bad: 6, n: 10 }, 45))?.verdict).toBe("worse");
  });

  it("waits while the evidence doesn't stand any more, however long it has lasted", () => {
    expect(play(repeat(allBad, 60), false)?.verdict).toBe("waiting");
  });

  it("judges a part only with 12 samples: thin traffic makes parts longer", () => {
    const thin = repeat({ bad: 0.5, n: 0.5 }, 23);
    expect(play(thin)?.partN).toBeCloseTo(11.5);
    expect(play([...thin, { bad: 0.5, n: 0.5 }])?.partN).toBe(0);
  });

  it("begins anew where a part finds fewer than 12 samples in 900 s: that time was not observed", () => {
    const clock = play(repeat({ bad: 0.1, n: 0.1 }, 90));
    expect(clock).toMatchObject({ since: new Date(910_000).toISOString(), n: 0, verdict: "waiting" });
  });

  it("ends with a piece of a part that is surely without harm: bursts that come close together don't add up", () => {
    const burst = [...repeat(allBad, 8), ...repeat({ bad: 0, n: 10 }, 7)];
    expect(play([...burst, ...burst, ...burst, ...burst])).toBeUndefined();
  });

  it("begins anew after more time without a sample than the window: two blips with a hole between never add up", () => {
    const nothing = repeat({ bad: 0, n: 0 }, 40);
    expect(play([allBad, ...nothing, allBad])).toMatchObject({ since: new Date(430_000).toISOString(), n: 0 });
    expect(play([allBad, ...nothing, allGood])).toBeUndefined();
    expect(play([allBad, ...repeat({ bad: 0, n: 0 }, 20), allBad])).toMatchObject({ n: 20 });
  });

  it("of a sustainedFor of hours has parts as long", () => {
    const long = { sustainedMs: 7_200_000, partMs: 3_600_000, gapMs: 3_600_000 };
    let clock: CauseClock | undefined = startClock({ ...tickAt(0), endMs: 10_000 });
    for (let bin = 1; bin <= 1080 && clock !== undefined; bin += 1) clock = tickClock(clock, tickAt(bin), long);
    expect(clock?.verdict).toBe("worse");
  });
});

function tickAt(bin: number) {
  const logs = advance([], rule.ratios(allBad));
  return { rule, count: allBad, logs, seen: allBad, stands: true, endMs: (bin + 1) * 10_000 };
}
