import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { expect, test } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import type { PodCount } from "../pods/thirds.ts";
import { judgeSampleRatio } from "./sample-ratio.ts";

const judge = (totals: Counters, sampleRate: number, elapsedSeconds: number, pods: readonly PodCount[] = []) =>
  judgeSampleRatio({ totals, sampleRate, elapsedSeconds, pods });
const told = "check the configuration of the sidecars";

test("samples as told pass, with share, number, rate and time", () => {
  const totals = someCounters({ requests: 60_000, errors: 10_000, answered: 900, shadowErrors: 60, shadowDropped: 40 });
  const verdict = judge(totals, 0.02, 3599.6);
  expect(verdict).toMatchObject({ gate: "sampleRatio", verdict: "Pass", value: 0.02, n: 50_000, limit: 0.02 });
  expect(verdict.windowSeconds).toBe(3600);
  expect(verdict.message).toBe("sampleRatio: 2 % of 50000 answered requests were sampled at a rate of 2 %");
});

test.each([
  ["more", 2000],
  ["fewer", 500],
])("%s than told wait, and say what to check", (_name, answered) => {
  const verdict = judge(someCounters({ requests: 50_000, answered }), 0.02, -5);
  expect(verdict).toMatchObject({ verdict: "NotYet", windowSeconds: 0, value: answered / 50_000 });
  expect(verdict.message).toMatch(new RegExp(`at a rate of 2 %; ${told}$`));
});

test("without a request there is no share, and more samples than requests are all of them", () => {
  expect(judge(someCounters(), 0.02, 0)).toMatchObject({
    verdict: "Pass",
    value: null,
    interval: null,
    n: 0,
  });
  expect(judge(someCounters({ requests: 5, answered: 10 }), 1, 0)).toMatchObject({ value: 1, n: 10 });
});

test("one of three that samples otherwise is named and holds nobody up; two of them do", () => {
  const pod = (name: string, requests: number) => ({ name, counters: someCounters({ requests, answered: 200 }) });
  const [a, b, odd] = [pod("a", 10_000), pod("b", 10_000), pod("odd", 100_000)];
  const totals = someCounters({ requests: 120_000, answered: 600 });
  const one = judge(totals, 0.02, 0, [a, b, odd]);
  expect(one).toMatchObject({ verdict: "Pass" });
  expect(one.message).toMatch(new RegExp(`; odd otherwise than the rest: ${told}$`));
  expect(judge(totals, 0.02, 0, [a, odd, pod("c", 100_000)]).verdict).toBe("NotYet");
});

test("of three no one makes up for two that sample otherwise", () => {
  const pod = (name: string, answered: number) => ({ name, counters: someCounters({ requests: 10_000, answered }) });
  const totals = someCounters({ requests: 30_000, answered: 600 });
  expect(judge(totals, 0.02, 0).verdict).toBe("Pass");
  expect(judge(totals, 0.02, 0, [pod("a", 50), pod("b", 50), pod("c", 500)]).verdict).toBe("NotYet");
});

test("of pods that have just begun nobody is told yet that most have no sample", () => {
  const pods = Array.from({ length: 100 }, (_, index) => {
    const answered = index % 5 === 0 ? 2 : 0;
    return { name: `pod-${index}`, counters: someCounters({ requests: 20, answered }) };
  });
  expect(judge(someCounters({ requests: 2000, answered: 40 }), 0.02, 0, pods).verdict).toBe("Pass");
});

test("a pod's ratio is its own, however much its requests are cut beside those of pods that came", () => {
  const old = { requests: 60_000, answered: 6000 };
  const even = someCounters({ requests: 24, answered: 2.4 });
  const pods = ["a", "b", "c"].map((name) => ({ name, counters: someCounters({ ...old, requests: 24 }), even }));
  const totals = someCounters({ requests: 180_000, answered: 18_000 });
  expect(judge(totals, 0.1, 0, pods)).toMatchObject({
    verdict: "Pass",
    message: "sampleRatio: 10 % of 180000 answered requests were sampled at a rate of 10 %",
  });
});
