import { expect, it } from "vitest";
import { parseMoment } from "./scenario-moment.ts";
import { parseScenario } from "./scenario-parse.ts";

const sound = { kind: "RehearsalScenario", shows: "x" };

it("a scenario of two fields is a healthy world", () => {
  expect(parseScenario(sound)).toMatchObject({ ok: true, scenario: { until: "48h", pods: { count: 3 }, events: [] } });
});

it("an event changes only the fields it names", () => {
  const parsed = parseScenario({ ...sound, events: [{ at: "guard+3h", destination: { latencyMs: 400 } }] });
  expect(parsed).toMatchObject({
    ok: true,
    scenario: { events: [{ at: "guard+3h", destination: { latencyMs: 400 } }] },
  });
  expect(parsed.ok && Object.keys(parsed.scenario.events[0]?.destination ?? {})).toEqual(["latencyMs"]);
});

it("all faults come at once, with path, value and expectation", () => {
  const parsed = parseScenario({
    ...sound,
    until: "900h",
    traffic: { requestPerSecond: 1 },
    events: [
      { at: "gard+3h", destination: { latency: 400 }, act: "Promote" },
      { at: "1h", operator: "Down", actor: "ada" },
      { at: "1h", pods: { scale: 2 }, for: "2m" },
    ],
  });
  expect(parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    "scenario.traffic.requestPerSecond: received number 1, expected no such field",
    expect.stringMatching(/^scenario\.events\[0\]\.at: received string "gard\+3h", expected a time after the start/),
    "scenario.events[0].destination.latency: received number 400, expected no such field",
    'scenario.until: received string "900h", expected a time from 1s to 168h',
    expect.stringMatching(/^scenario\.events\[0\]: received destination and act, expected exactly one of traffic, /),
    "scenario.events[1].for: received nothing, expected how long the operator is down",
    'scenario.events[1].actor: received string "ada", expected it only with act',
    'scenario.events[2].for: received string "2m", expected nothing: it can\'t end',
  ]);
});

it("an approval names its role, a waiver its check, and nothing else does", () => {
  const events = [
    { at: "1m", act: "Approve", role: "sre" },
    { at: "1m", act: "Waive", check: "parity", reason: "x" },
    { at: "1m", act: "Approve" },
    { at: "1m", act: "Waive", check: "everything" },
    { at: "1m", act: "Pause", role: "sre", check: "parity" },
  ];
  const parsed = parseScenario({ ...sound, events });
  expect(parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    expect.stringMatching(/^scenario\.events\[3\]\.check: received string "everything", expected one of "reachable"/),
    "scenario.events[2].role: received nothing, expected it with act Approve or Deny",
    'scenario.events[4].role: received string "sre", expected it only with act Approve or Deny',
    'scenario.events[4].check: received string "parity", expected it only with act Waive',
  ]);
  expect(parseScenario({ ...sound, events: events.slice(0, 2) }).ok).toBe(true);
});

it("a namespace that is worse is one of the traffic's, and a burst fits into its period", () => {
  const traffic = { namespaces: { count: 200 } };
  const worse = { at: "Guard+1h", namespace: { rank: 15, mismatch: 1 }, for: "1h" };
  expect(parseScenario({ ...sound, traffic, events: [worse] })).toMatchObject({
    ok: true,
    scenario: { traffic: { namespaces: { count: 200, exponent: 1 } }, events: [worse] },
  });
  const parsed = parseScenario({
    ...sound,
    destination: { bursts: { every: "10m", length: "20m", share: 0.3 } },
    events: [worse],
  });
  expect(parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    expect.stringMatching(/^scenario\.destination\.bursts\.length: .*expected more than 0s and at most every$/),
    "scenario.events[0].namespace.rank: received number 15, expected at most traffic.namespaces.count, which is 0",
  ]);
});

it.each([null, 7, "text", [], { kind: "Deployment" }])("%j is refused and nothing throws", (input) => {
  expect(parseScenario(input).ok).toBe(false);
});

it("a moment counts from the start, a phase or a stage, in any case", () => {
  expect(parseMoment("2h30m")).toEqual({ anchor: { kind: "start" }, afterSeconds: 9000 });
  expect(parseMoment("GUARD+3h")).toEqual({ anchor: { kind: "phase", phase: "Guard" }, afterSeconds: 10_800 });
  expect(parseMoment("stage2")).toEqual({ anchor: { kind: "stage", stage: 2 }, afterSeconds: 0 });
  expect(["", "+1h", "Guard+", "Guard+1h+1h", "stage0", "Gard"].map(parseMoment)).toEqual(Array(6).fill(undefined));
});
