// Hostile documents by the thousand, read by the operator's own readers and decided on: how often one got what it wanted.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import { openAlertKinds } from "./alert-kinds.ts";
import { type Found, type Harm, harms, judge } from "./judge.ts";
import type { Kind } from "./kind.ts";
import { kinds as ofCluster } from "./kinds.ts";
import { makeRandom, oneOf, type Random } from "./values.ts";

const phases = ["Preflight", "WarmUp", "Ramp", "AwaitingCutover", "CuttingOver", "Guard", "VerifyingDrift"] as const;
const late = { ...shortPlan.rollback, verifyDriftAfter: "1s" };
const longGuard = { duration: "30m", deadline: "4h", minSamples: 50 };
const spec = aSpec({ ...shortPlan, rollback: late, guard: longGuard });
/** Passes that follow on each other before another world is taken. */
const passes = 6;
const pods = 4;
/** Of the worlds in which the destination may be dead, those in which it is. */
const deadShare = 0.2;
/** A minute; without anybody's words it takes four passes. */
const passesToLeave = 12;

export type Played = {
  /** Hostile documents by kind. */
  readonly documents: Readonly<Record<string, number>>;
  /** How often each came about. */
  readonly harms: Readonly<Record<Harm, number>>;
  readonly found: readonly (Found & { readonly kind: string; readonly phase: Phase; readonly seed: number })[];
};

/** Plays until so many documents were read. The same seed plays the same. */
export async function playHostile(atLeast: number, seed: number): Promise<Played> {
  const ofAlerts = await openAlertKinds();
  try {
    return await playKinds([...ofCluster, ...ofAlerts.kinds], atLeast, seed);
  } finally {
    await ofAlerts.close();
  }
}

async function playKinds(kinds: readonly Kind[], atLeast: number, seed: number): Promise<Played> {
  const documents: Record<string, number> = Object.fromEntries(kinds.map(({ name }) => [name, 0]));
  const found: Played["found"][number][] = [];
  let read = 0;
  for (let world = 0; read < atLeast; world += 1) {
    const worldSeed = seed * 1_000_003 + world;
    const random = makeRandom(worldSeed);
    const kind = kinds[world % kinds.length] as Kind;
    const among = kind.phases ?? phases;
    const isDead = among.includes("Guard") && random() < deadShare;
    const phase = isDead ? "Guard" : oneOf<Phase>(random, among);
    const sim = kind.world?.(phase) ?? simAt(phase, kind);
    const { count, harms } = isDead ? await whileDead(sim, kind, random) : await somePasses(sim, kind, random);
    read += count;
    documents[kind.name] = (documents[kind.name] ?? 0) + count;
    found.push(...harms.map((harm) => ({ ...harm, kind: kind.name, phase, seed: worldSeed })));
  }
  const count = (harm: Harm): number => found.filter((one) => one.harm === harm).length;
  const counts = Object.fromEntries(harms.map((harm) => [harm, count(harm)])) as Played["harms"];
  return { documents, harms: counts, found };
}

let compared: Simulation | undefined;

function simAt(phase: Phase, { spec: asked = spec, alerts }: Kind): Simulation {
  if (alerts !== undefined) return withAlerts(phase, asked, alerts);
  if (phase !== "VerifyingDrift") return simulationAt(phase, { spec, pods });
  if (compared === undefined) {
    compared = simulationAt("Guard", { spec, pods });
    compared.act("Rollback");
    compared.until("VerifyingDrift", 600);
  }
  return compared.clone();
}

const heard = new Map<string, Simulation>();

/** Walked there under what a Prometheus says that has nothing to tell. */
function withAlerts(phase: Phase, asked: MigrationSpec, alerts: NonNullable<Kind["alerts"]>): Simulation {
  const key = `${asked.metrics.source} ${phase}`;
  const sim = heard.get(key) ?? simulationAt("Pending", { spec: asked, pods });
  sim.alerts = alerts;
  if (!heard.has(key)) heard.set(key, sim.until(phase));
  return Object.assign(sim.clone(), { alerts });
}

async function somePasses(sim: Simulation, kind: Kind, random: Random): Promise<Pass> {
  const all: Pass[] = [];
  for (let pass = 0; pass < passes; pass += 1) all.push(await onePass(sim, kind, random));
  return sum(all);
}

/** The destination answers nothing but errors, of which every honest pod tells: the guard goes back whatever others write. */
async function whileDead(sim: Simulation, kind: Kind, random: Random): Promise<Pass> {
  sim.traffic = (_at, primary) => (primary === "destination" ? { ...goodTraffic, errorShare: 1 } : goodTraffic);
  const all: Pass[] = [];
  for (let pass = 0; pass < passesToLeave && sim.phase === "Guard"; pass += 1)
    all.push(await onePass(sim, kind, random, true));
  const { count, harms } = sum(all);
  // Whoever has the right to say that writers moved has the rollback wait for a person.
  if (sim.phase !== "Guard" || sim.status.acts?.writersMoved !== undefined) return { count, harms };
  return { count, harms: [...harms, { harm: "automatic rollback prevented", words: sim.status.message }] };
}

function sum(all: readonly Pass[]): Pass {
  return { count: all.reduce((total, { count }) => total + count, 0), harms: all.flatMap(({ harms }) => harms) };
}

type Pass = { readonly count: number; readonly harms: readonly Found[] };

async function onePass(sim: Simulation, kind: Kind, random: Random, isHarmed = false): Promise<Pass> {
  sim.now += 5000;
  sim.advance();
  // The truth of this moment, whatever the last pass was told.
  const truth = Object.getPrototypeOf(sim).observation.call(sim);
  const { seen, count, mayRollBack } = await kind.tamper(truth, sim, random);
  return { count, harms: judge(sim, seen, mayRollBack || isHarmed) };
}
