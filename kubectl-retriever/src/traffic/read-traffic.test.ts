import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTraffic } from "./read-traffic.ts";
import type { MeasuredTraffic } from "./traffic-series.ts";

function trafficOf(text: string): MeasuredTraffic {
  const read = readTraffic(text);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.traffic;
}

function faultsOf(text: string): string[] {
  const read = readTraffic(text);
  return read.ok ? [] : read.faults.map(({ line, message }) => `${line ?? "-"}: ${message}`);
}

const hours = (count: number, rateOf: (hour: number) => number) =>
  Array.from({ length: count }, (_, hour) => `${hour},${rateOf(hour)}`).join("\n");

const answer = (...series: readonly (readonly [number, string])[][]): string =>
  JSON.stringify({
    status: "success",
    data: { resultType: "matrix", result: series.map((values) => ({ metric: { pod: "a" }, values })) },
  });

describe("traffic from a CSV", () => {
  it("of hours of the day is a series of 24 values that begin at midnight UTC", () => {
    const { series, seconds } = trafficOf(`hour,requests_per_second\n${hours(24, (hour) => hour + 1)}\n`);
    expect(series.from).toMatch(/T00:00:00.000Z$/);
    expect(series).toMatchObject({ every: "1h", requestsPerSecond: Array.from({ length: 24 }, (_, at) => at + 1) });
    expect(seconds).toBe(86_400);
  });

  it.each([
    ["ISO times", "2026-02-23T00:00:00Z,10\n2026-02-23T00:01:00Z,20"],
    ["times without a zone, which are UTC", "2026-02-23 00:00:00;10\n2026-02-23 00:01:00;20"],
    ["epoch seconds", "1771804800,10\n1771804860,20"],
    ["epoch ms, tabs and a header", "time\tvalue\n1771804800000\t10\n1771804860000\t20"],
    ["seconds, a byte order mark, empty lines, a comment, quotes", '\uFEFF# rates\n\n"0","10"\n\n60,2e1\n'],
  ])("reads %s", (_, text) => {
    expect(trafficOf(text)).toMatchObject({ seconds: 120, series: { every: "1m", requestsPerSecond: [10, 20] } });
  });

  it("takes the mean of a step, the line between the samples around a gap, and no value for no traffic", () => {
    const { series, note } = trafficOf("0,10\n30,20\n60,30\n90,\n120,NaN\n240,60\n300,0\n");
    expect(series.requestsPerSecond).toEqual([15, 30, 40, 50, 60, 0]);
    expect(note).toBe(
      "6 values, one per 1m, from 0 to 60 requests/s, from the start on, 2 of them between samples, left out 2 that are no numbers",
    );
  });

  it("of more than a day keeps the newest whole days, of more than a week whole weeks, at their time of the day", () => {
    const from = Date.parse("2026-02-23T05:00:00Z") / 1000;
    const rows = (count: number) => Array.from({ length: count }, (_, at) => `${from + at * 3600},${at}`).join("\n");
    const days = trafficOf(rows(60));
    expect(days.series.from).toBe("2026-02-23T17:00:00.000Z");
    expect(days.series.requestsPerSecond).toEqual(Array.from({ length: 48 }, (_, at) => at + 12));
    expect(trafficOf(rows(24 * 9)).seconds).toBe(7 * 86_400);
  });

  it("names every fault with its line, value and expectation", () => {
    const text = "time,rate\n0,1\n60,many\n30,2\n2026-02-23T00:00:00Z,3\n99,-1\n120,5,7\nnow,1\n240,20000\n";
    expect(faultsOf(text)).toEqual([
      '3: received "many", expected requests per second from 0 to 10000',
      '4: received "30", expected a later time than on the line before',
      '5: received "2026-02-23T00:00:00Z", expected a time of the same kind as before',
      '6: received "-1", expected requests per second from 0 to 10000',
      "7: received 3 columns, expected 2: a time and requests per second",
      '8: received "now", expected an ISO time, epoch seconds, or seconds from the beginning',
      '9: received "20000", expected requests per second from 0 to 10000',
    ]);
  });

  it.each([
    ["without a value", "time,rate\n", /^-: received no value/],
    ["that is empty", "", /^-: received no value/],
    ["with an open quotation", '0,1\n60,"2\n', /^\d: .*[Qq]uot/],
    ["with one endless line", `0,${"9".repeat(100_000)}`, /record/i],
    ["of more than 420 days", "0,1\n99999999,2\n199999998,3\n", /^-: received a time of more than 420 days/],
  ])("%s is refused", (_, text, words) => expect(faultsOf(text).join("\n")).toMatch(words));

  it("is bounded: more than 350,000 lines are refused", () => {
    expect(faultsOf(Array.from({ length: 350_002 }, (_, at) => `${at},1`).join("\n"))).toEqual([
      "-: received more than 350000 lines",
    ]);
  });
});

describe("traffic from a saved range of Prometheus", () => {
  it("sums its series at each time, whichever pod was there", () => {
    const text = answer(
      [
        [0, "1"],
        [60, "2"],
        [120, "3"],
      ],
      [
        [60, "10"],
        [120, "20.5"],
      ],
    ); // prettier-ignore
    expect(trafficOf(text)).toMatchObject({ series: { every: "1m", requestsPerSecond: [1, 12, 23.5] } });
  });

  it("leaves out what is no number and says how much", () => {
    const values = ["NaN", "4", "5", "6", "+Inf", "8"];
    const text = answer(values.map((value, at) => [at * 60, value] as const));
    const { series, note } = trafficOf(text);
    expect(series.requestsPerSecond).toEqual([4, 5, 6, 7, 8]);
    expect(note).toContain("left out 2 that are no numbers");
  });

  it.each([
    ["that failed", '{"status":"error","error":"timeout"}'],
    ["of one instant", '{"status":"success","data":{"resultType":"vector","result":[]}}'],
    ["without a series", answer()],
    ["with nothing but NaN", answer([[0, "NaN"]])],
    ["below zero", answer([[0, "-3"]])],
    ["that is torn", answer([[0, "3"]]).slice(0, -3)],
  ])("%s is refused with what was expected", (_, text) => {
    expect(faultsOf(text)).toEqual([expect.stringMatching(/^-: .*expected (an answer of|requests per second)/)]);
  });
});

describe("a series", () => {
  it("has the mean of its samples where they are even, and never a value outside of them", () => {
    const rates = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(rates, fc.constantFrom(60, 300, 900, 3600), (values, seconds) => {
        const { series } = trafficOf(values.map((value, at) => `${at * seconds},${value}`).join("\n"));
        expect(series.requestsPerSecond).toEqual(values);
      }),
    );
  });

  it("never throws, whatever the text", () => {
    const texts = fc.oneof(fc.string({ unit: "binary" }), fc.json());
    fc.assert(
      fc.property(texts, (text) => {
        expect(typeof readTraffic(text).ok).toBe("boolean");
      }),
    );
  });
});
