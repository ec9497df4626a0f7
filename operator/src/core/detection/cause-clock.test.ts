// How long harm has to last, what ends it, and what only seems to.

import { type CauseClock, detectionStateSchema } from "@retriever/crds/status/harm-status.ts";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { couldTell, startClock, tickClock } from "./cause-clock.ts";
import { advance, type Count, type Logs } from "./detector.ts";
import { type LineRule, trafficLines } from "./lines.ts";

const timing = { lastsMs: 450_000, partMs: 30_000, gapMs: 300_000 };
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
  it("waits for one and a half of sustainedFor, and then calls it worse", () => {
    expect(play(repeat(allBad, 44))?.verdict).toBe("waiting");
    expect(play(repeat(allBad, 45))?.verdict).toBe("worse");
  });

  it("ends with a part without the harm, so a blip never becomes five minutes", () => {
    for (const bins of [1, 4, 15, 29]) expect(play([...repeat(allBad, bins), ...repeat(allGood, 60)])).toBeUndefined();
  });

  it("outlives parts that are better than what it was raised by, and ends with one nearer to the limit", () => {
    expect(play(repeat({ bad: 8, n: 10 }, 45))?.verdict).toBe("worse");
    expect(play(repeat({ bad: 5, n: 10 }, 45))).toBeUndefined();
  });

  it("never asks for less than when it was raised: what begins as a burst isn't borne out by a little harm", () => {
    const before = play([])?.share ?? 0;
    const shares = [4, 20, 60].map((bins) => play(repeat({ bad: 8, n: 10 }, bins))?.share ?? 0);
    expect(shares.toSorted((a, b) => a - b)).toEqual(shares);
    expect(shares.every((share) => share >= before)).toBe(true);
  });

  const playShared = (bins: number, isShared: (bin: number) => boolean) => {
    let clock: CauseClock | undefined = startClock(tickAt(0));
    for (let bin = 1; bin <= bins && clock !== undefined; bin += 1)
      clock = tickClock(clock, { ...tickAt(bin), isShared: isShared(bin) }, timing);
    return clock;
  };

  it("begins anew with a part in which the source was as bad, and says so until it has lasted", () => {
    expect(playShared(47, (bin) => bin === 3)).toMatchObject({
      since: new Date(40_000).toISOString(),
      shared: 0,
      verdict: "waiting",
    });
    expect(playShared(48, (bin) => bin === 3)).toMatchObject({ verdict: "worse" });
  });

  it("takes such a part and as much again off what it has, and no more", () => {
    const shared = (bin: number) => bin > 30 && bin <= 33;
    expect(playShared(48, shared)).toMatchObject({ since: new Date(10_000).toISOString(), shared: 30 });
    expect(playShared(48, shared)?.verdict).toBe("waiting");
    expect(playShared(51, shared)?.verdict).toBe("worse");
    expect(playShared(12, (bin) => bin > 6)).toMatchObject({ since: new Date(130_000).toISOString(), shared: 0 });
  });

  it("isn't held up for ever by spells of the source, however often they come", () => {
    expect(playShared(200, (bin) => bin % 15 < 3)?.verdict).toBe("worse");
    expect(playShared(2000, (bin) => bin % 12 < 6)?.verdict).toBe("waiting");
  });

  it("wants harm in three parts, however long they take", () => {
    const thin = repeat({ bad: 0.2, n: 0.2 }, 191);
    expect(play(thin)).toMatchObject({ parts: 2, verdict: "waiting" });
    expect(play([...thin, ...repeat({ bad: 0.2, n: 0.2 }, 1)])).toMatchObject({ parts: 3, verdict: "worse" });
  });

  it("lets a part last until it could tell harm from its end: the longer, the nearer to the limit the harm is", () => {
    const bins = (share: number) => {
      for (let count = 1; ; count += 1) if (couldTell({ bad: 0, n: 10 * count }, share, rule)) return count;
    };
    const close = (share: number) => {
      let clock: CauseClock | undefined = { ...startClock(tickAt(0)), share };
      for (let bin = 1; clock?.parts === 0; bin += 1) {
        clock = tickClock(clock, tickAt(bin, { bad: 8, n: 10 }), timing);
        if (clock?.parts !== 0) return bin;
      }
      return 0;
    };
    expect([0.1, 0.19, 0.6].map(close)).toEqual([bins(0.1), bins(0.19), 3]);
    expect([bins(0.1), bins(0.19)]).toEqual([53, 11]);
  });

  it("closes a part after 900 s even where it could not tell", () => {
    const faint = repeat({ bad: 0.9, n: 1 }, 90);
    const clock: CauseClock = { ...startClock(tickAt(0)), share: 0.06 };
    const after = faint.reduce<CauseClock | undefined>(
      (known, count, bin) => known && tickClock(known, tickAt(bin + 1, count), timing),
      clock,
    );
    expect(after).toMatchObject({ parts: 1, n: 90 });
  });

  it("waits while the evidence doesn't stand any more, however long it has lasted", () => {
    expect(play(repeat(allBad, 60), false)?.verdict).toBe("waiting");
  });

  it("takes as many samples for a part as it needs: thin traffic makes parts longer", () => {
    const thin = repeat({ bad: 0.5, n: 0.5 }, 25);
    expect(play(thin)?.partN).toBeCloseTo(12.5);
    expect(play([...thin, { bad: 0.5, n: 0.5 }])?.partN).toBe(0);
  });

  it("begins anew where a part finds fewer than 12 samples in 900 s: that time was not observed", () => {
    const clock = play(repeat({ bad: 0.1, n: 0.1 }, 90));
    expect(clock).toMatchObject({ since: new Date(910_000).toISOString(), n: 0, verdict: "waiting" });
  });

  it("ends with a part that lies between bursts: those that come close together don't add up", () => {
    const burst = [...repeat(allBad, 8), ...repeat({ bad: 0, n: 10 }, 7)];
    expect(play([...burst, ...burst, ...burst, ...burst])).toBeUndefined();
  });

  it("begins anew after more time without a sample than the window: two blips with a hole between never add up", () => {
    const nothing = repeat({ bad: 0, n: 0 }, 40);
    expect(play([allBad, ...nothing, allBad])).toMatchObject({ since: new Date(430_000).toISOString(), n: 0 });
    expect(play([allBad, ...nothing, allGood])).toBeUndefined();
    expect(play([allBad, ...repeat({ bad: 0, n: 0 }, 20), allBad])).toMatchObject({ n: 20 });
  });

  it("begins anew where the operator's own clock was set back: a part that ends in an hour would hide the harm for as long", () => {
    const ahead = startClock({ ...tickAt(0), endMs: 3_600_000 });
    expect(tickClock(ahead, tickAt(1), timing)).toMatchObject({ since: new Date(20_000).toISOString(), n: 0 });
    expect(tickClock(ahead, tickAt(1, allGood), timing)).toBeUndefined();
    expect(tickClock(ahead, { ...tickAt(0), endMs: 3_590_000 }, timing)).toMatchObject({ since: ahead.since, n: 10 });
  });

  it("of a sustainedFor of hours has parts as long", () => {
    const long = { lastsMs: 10_800_000, partMs: 720_000, gapMs: 3_600_000 };
    let clock: CauseClock | undefined = startClock(tickAt(0));
    for (let bin = 1; bin <= 1080 && clock !== undefined; bin += 1) clock = tickClock(clock, tickAt(bin), long);
    expect(clock?.verdict).toBe("worse");
  });

  it("that an earlier version wrote goes on, and counts its parts from then on", () => {
    const { parts: _parts, ...before } = startClock(tickAt(0));
    const pieces = { pieceFrom: before.since, pieceBad: 3, pieceN: 4, pieceSquares: 0 };
    const line = { line: "score", slice: null, limit: 0.05, bad: 9, n: 10, evidence: 1, logs: [40] };
    const stored = { epoch: 5, from: before.since, until: before.since, slices: [] };
    const { lines } = detectionStateSchema.parse({ ...stored, lines: [{ ...line, clock: { ...before, ...pieces } }] });
    expect(lines[0]?.clock).toMatchObject({ since: before.since, parts: 0 });
  });
});

function tickAt(bin: number, count: Count = allBad) {
  const logs = advance([], rule.ratios(allBad));
  return { rule, count, logs, seen: allBad, stands: true, endMs: (bin + 1) * 10_000 };
}
