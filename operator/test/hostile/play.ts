// Hostile documents by the thousand, read by the operator's own readers and decided on: how often one got what it wanted.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { type Found, judge } from "./judge.ts";
import { type Kind, kinds } from "./kinds.ts";
import { makeRandom, oneOf, type Random } from "./values.ts";

const phases = ["Preflight", "WarmUp", "Ramp", "AwaitingCutover", "CuttingOver", "Guard", "VerifyingDrift"] as const;
const late = { ...shortPlan.rollback, verifyDriftAfter: "1s" };
const spec = aSpec({ ...shortPlan, rollback: late, guard: { duration: "30m", deadline: "4h", minSamples: 50 } });
/** Passes that follow on each other before another world is taken. */
const passes = 6;
const pods = 4;

type Played = {
  /** Hostile documents by kind. */
  readonly documents: Readonly<Record<string, number>>;
  readonly found: readonly (Found & { readonly kind: string; readonly phase: Phase; readonly seed: number })[];
};

/** Plays until so many documents were read. The same seed plays the same. */
export async function playHostile(atLeast: number, seed: number): Promise<Played> {
  const documents: Record<string, number> = Object.fromEntries(kinds.map(({ name }) => [name, 0]));
  const found: Played["found"][number][] = [];
  let read = 0;
  for (let world = 0; read < atLeast; world += 1) {
    const worldSeed = seed * 1_000_003 + world;
    const random = makeRandom(worldSeed);
    const kind = kinds[world % kinds.length] as Kind;
    const phase = oneOf<Phase>(random, kind.phases ?? phases);
    const sim = simAt(phase);
    for (let pass = 0; pass < passes; pass += 1) {
      const { count, harms } = await onePass(sim, kind, random);
      read += count;
      documents[kind.name] = (documents[kind.name] ?? 0) + count;
      found.push(...harms.map((harm) => ({ ...harm, kind: kind.name, phase, seed: worldSeed })));
    }
  }
  return { documents, found };
}

let compared: Simulation | undefined;

function simAt(phase: Phase): Simulation {
  if (phase !== "VerifyingDrift") return simulationAt(phase, { spec, pods });
  if (compared === undefined) {
    compared = simulationAt("Guard", { spec, pods });
    compared.act("Rollback");
    compared.until("VerifyingDrift", 600);
  }
  return compared.clone();
}

type Pass = { readonly count: number; readonly harms: readonly Found[] };

async function onePass(sim: Simulation, kind: Kind, random: Random): Promise<Pass> {
  sim.now += 5000;
  sim.advance();
  // The truth of this moment, whatever the last pass was told.
  const truth = Object.getPrototypeOf(sim).observation.call(sim);
  const { seen, count, mayRollBack } = await kind.tamper(truth, sim, random);
  return { count, harms: judge(sim, seen, mayRollBack) };
}
