// Late rollbacks with what may come between: outages of the operator, pods that don't follow, a status that can't be written,
// writers whose clocks are late. Played by a test, and in numbers by `make sim-fleet`.
import fc from "fast-check";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

const spec = aSpec({
  ...shortPlan,
  rollback: { ...shortPlan.rollback, verifyDriftAfter: "1m", maxSourceStaleness: "1h" },
  cutover: { hold: true, ackTimeout: "60s", validationTimeout: "5m" },
});

const seconds = (max: number) => fc.integer({ min: 0, max });
export const aLateRollback = fc.record({
  /** No operator reconciles: right after the cutover was written, in what follows, and after the rollback was asked for. */
  awayInCutover: fc.oneof(fc.constant(0), seconds(900)),
  awayLater: fc.oneof(fc.constant(0), seconds(900)),
  awayInRollback: fc.oneof(fc.constant(0), seconds(900)),
  /** A pod doesn't follow the cutover, or the rollback. */
  stuckInCutover: fc.boolean(),
  stuckInRollback: fc.oneof(fc.constant(0), seconds(600)),
  served: seconds(300),
  /** The API server refuses the status. */
  refused: fc.oneof(fc.constant(0), seconds(300)),
  /** How late the clocks are that date the writes. */
  lateSeconds: fc.oneof(fc.constant(0), seconds(1800)),
  followMs: fc.integer({ min: 500, max: 30_000 }),
});
type Story = typeof aLateRollback extends fc.Arbitrary<infer T> ? T : never;

type Played = { readonly sim: Simulation; readonly writtenAt: readonly number[] };

/** Plays a story to its end; what was written is one write in every second in which a pod served from the destination. */
export function playLateRollback(story: Story): Played {
  const sim = simulationAt("AwaitingCutover", { spec });
  const written = new Set<number>();
  sim.traffic = (at, primary) => {
    if (primary === "destination") written.add(at);
    return goodTraffic;
  };
  for (const pod of sim.pods) pod.followMs = story.followMs;
  for (const store of ["source", "destination"] as const) sim.behave(store, { behind: `${story.lateSeconds}s` });
  sim.act("Promote");
  sim.until("CuttingOver", 60);
  sim.pod(0).stuck = story.stuckInCutover;
  away(sim, story.awayInCutover);
  sim.run(story.served);
  away(sim, story.awayLater);
  sim.refusesStatus = story.refused > 0;
  sim.run(story.refused);
  sim.refusesStatus = false;
  sim.pod(0).stuck = story.stuckInCutover || story.stuckInRollback > 0;
  sim.act("Rollback");
  away(sim, story.awayInRollback);
  sim.run(story.stuckInRollback);
  sim.pod(0).stuck = false;
  sim.until("RolledBack", 10_000);
  return { sim, writtenAt: [...written] };
}

function away(sim: Simulation, forSeconds: number): void {
  sim.now += forSeconds * 1000;
}

/** The writes that no comparison has seen, of a rollback that is late by what pods really did. */
export function writesOutside({ sim, writtenAt }: Played, { lateSeconds }: Story): number {
  const isLate = Math.max(...writtenAt) - Math.min(...writtenAt) > 60_000;
  const run = sim.status.verification?.runs.findLast(({ purpose }) => purpose === "Rollback");
  if (run === undefined) return isLate ? writtenAt.length : 0;
  const since = run.since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(run.since);
  return writtenAt.filter((at) => at - lateSeconds * 1000 < since).length;
}
