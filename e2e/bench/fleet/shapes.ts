// Fleets that come and go, as scenarios: what a quiet fleet of the same size is compared with.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { Scenario, ScenarioEvent } from "@retriever/kubectl/scenario/scenario.ts";
import { scenarioSchema } from "@retriever/kubectl/scenario/scenario.ts";

type Shape = {
  readonly pods: number;
  readonly events: readonly Omit<Partial<ScenarioEvent>, "at">[];
  readonly every: string;
  /** Of all pods; 100 where left out. */
  readonly requestsPerSecond?: number;
};

/** What comes over and over, one after the other, until the ramp is surely over. */
const shapes: Readonly<Record<string, Shape>> = {
  "one of 10 pods replaced every 10 min": { pods: 10, every: "10m", events: [{ pods: { replace: 1 } }] },
  "3 to 60 to 3 pods, a step each hour": {
    pods: 3,
    every: "1h",
    events: [{ pods: { scale: 60 } }, { pods: { scale: 3 } }],
  },
  // Soon after a stage has begun, which has just enough requests to end in time.
  "3 to 60 to 3 pods within a stage of few requests": {
    pods: 3,
    every: "62m",
    events: [{ pods: { scale: 60 } }, { pods: { scale: 3 } }],
    requestsPerSecond: 10,
  },
  "a deploy of 10 pods each hour": { pods: 10, every: "1h", events: [{ pods: { replace: 10 } }] },
};

const rampSeconds = 4 * 3600;

function scenarioOf(
  pods: number,
  events: readonly object[],
  until: string,
  traffic = { requestsPerSecond: 100 },
): Scenario {
  return scenarioSchema.parse({
    kind: "RehearsalScenario",
    shows: "a fleet",
    until,
    pods: { count: pods },
    traffic,
    events,
  });
}

type Comparison = { readonly name: string; readonly busy: Scenario; readonly quiet: Scenario };

/** Each shape beside a quiet fleet as large as it begins with; nobody promotes, so both end before the cutover. */
export const comparisons: readonly Comparison[] = Object.entries(shapes).map(
  ([name, { pods, events, every, requestsPerSecond = 100 }]) => {
    const step = durationSeconds(every);
    const times = Math.min(200, Math.floor(rampSeconds / step));
    const all = Array.from({ length: times }, (_, index) => ({
      ...events[index % events.length],
      at: `${((index + 1) * step) / 60}m`,
    }));
    const until = `${rampSeconds / 3600}h`;
    const [busy, quiet] = [all, []].map((some) => scenarioOf(pods, some, until, { requestsPerSecond }));
    if (busy === undefined || quiet === undefined) throw new Error("two lists of events make two scenarios");
    return { name, busy, quiet };
  },
);

const promote = { at: "AwaitingCutover+1m", act: "Promote", actor: "ada" };

/** What comes in the guard, and nobody may be left at the source by it. */
export const guardShapes: Readonly<Record<string, Scenario>> = {
  "a whole rollout in the guard": scenarioOf(10, [promote, { at: "Guard+30m", pods: { replace: 10 } }], "2h"),
  "3 to 60 pods in the guard": scenarioOf(3, [promote, { at: "Guard+30m", pods: { scale: 60 } }], "2h"),
};

export type Liars = { readonly name: string; readonly isDead: boolean; readonly scenario: Scenario };
type Claim = "Healthy" | "Failing" | "Anything";
type Fleet = { readonly pods: number; readonly lying: number; readonly claims: readonly Claim[] };
const fleets: readonly Fleet[] = [
  { pods: 3, lying: 1, claims: ["Healthy", "Failing", "Anything"] },
  { pods: 10, lying: 3, claims: ["Healthy", "Failing", "Anything"] },
  // Of more pods than there are groups, only what has to be told apart.
  { pods: 24, lying: 8, claims: ["Failing"] },
];
/** Too large for the slice of a minute. */
const largeFleets: readonly Fleet[] = [
  { pods: 36, lying: 12, claims: ["Healthy", "Failing"] },
  { pods: 100, lying: 33, claims: ["Healthy", "Failing"] },
];

/** A third of the fleet tells anything, good or bad, while the destination is well or dead. */
function lyingInGuard({ pods, lying, claims }: Fleet): readonly Liars[] {
  return claims.flatMap((claim) =>
    [false, true].map((isDead) => ({
      name: `${lying} of ${pods} claim ${claim}, the destination is ${isDead ? "dead" : "well"}`,
      isDead,
      scenario: scenarioOf(
        pods,
        [
          promote,
          { at: "Guard+5m", pods: { lying, claim } },
          ...(isDead ? [{ at: "Guard+10m", destination: { errors: 1 } }] : []),
        ],
        pods > 12 ? "1h" : "3h",
      ),
    })),
  );
}

/** The same in the first stage, of an hour, while the destination is well or answers a fifth of the queries wrong. */
function lyingInRamp({ pods, lying, claims }: Fleet): readonly Liars[] {
  return claims.flatMap((claim) =>
    [false, true].map((isDead) => ({
      name: `before the cutover ${lying} of ${pods} claim ${claim}, the destination is ${isDead ? "wrong" : "well"}`,
      isDead,
      scenario: scenarioOf(
        pods,
        [
          { at: "WarmUp+5m", pods: { lying, claim } },
          ...(isDead ? [{ at: "WarmUp+5m", destination: { scoreWorse: 0.2 } }] : []),
        ],
        "70m",
      ),
    })),
  );
}

export function liars(isQuick: boolean): { readonly guard: readonly Liars[]; readonly ramp: readonly Liars[] } {
  const asked = isQuick ? fleets : [...fleets, ...largeFleets];
  return { guard: asked.flatMap(lyingInGuard), ramp: asked.flatMap(lyingInRamp) };
}

/** One pod gets every request, and the destination answers wrong. */
export const sticky = scenarioOf(
  4,
  [promote, { at: "Guard+5m", pods: { sticky: 1 } }, { at: "Guard+10m", destination: { scoreWorse: 1 } }],
  "3h",
);
