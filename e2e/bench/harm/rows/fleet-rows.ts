// D1 to D4 in fleets of three pods and more, where what stands has to stand without a third of them as well.
import type { Must, Row } from "../play/row.ts";
import { endless, everythingFails, everythingSlow, everythingWrong, left, playHarm } from "./harmed.ts";
import { isRolledBack, kinds, playDay, steadyAt } from "./healthy.ts";

const fleets = [
  { pods: 3, rate: 2 },
  { pods: 12, rate: 20 },
];
const always: Must = { atLeast: 1 };
const printed: Must = "printed";
const hour = 3600;

const healthy = fleets.flatMap(({ pods, rate }) =>
  kinds.map(
    (kind): Row => ({
      id: "D1",
      name: `${kind.name}, ${rate}/s, ${pods} pods`,
      runs: 400,
      quickRuns: 1,
      play: (seed) => playDay(seed, steadyAt(rate), { ...kind, pods }),
      isCounted: isRolledBack,
      must: { atMost: 0.01 },
    }),
  ),
);

const harms = [
  { id: "D2", name: "every request fails", harm: everythingFails, hours: 0.25, must: always },
  { id: "D3", name: "every answer wrong", harm: everythingWrong, hours: 1, must: always },
  { id: "D3", name: "every answer 500 ms slower", harm: everythingSlow, hours: 1, must: always },
  { id: "D4", name: "30 % slow", harm: { latencyWorse: 0.3, slow: 0 }, hours: 4, must: always },
  {
    id: "D4",
    name: "3 % fail alone, 1 % in both",
    harm: { failsAlone: 0.03, failsBoth: 0.01 },
    hours: 6,
    must: printed,
  },
];

const harmed = fleets.flatMap(({ pods, rate }) =>
  harms.map(
    ({ id, name, must, harm, hours }): Row => ({
      ...left,
      id,
      name: `${name}, ${rate}/s, ${pods} pods`,
      runs: 200,
      quickRuns: 2,
      play: (seed) => playHarm(seed, { harm, rate, pods, spells: endless, seconds: hours * hour }),
      must,
    }),
  ),
);

export const fleetRows: readonly Row[] = [...healthy, ...harmed];
