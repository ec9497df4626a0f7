// The demo's stories: one that completes and settles, rollbacks in the guard, and one that stops in the preflight.

import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { eventually } from "#support/eventually.ts";
import { namespace } from "#support/world/application-manifests.ts";
import { conditionOf, readStatus } from "#support/world/migration-status.ts";
import type { World } from "#support/world/start-world.ts";
import { type Application, startApplication } from "./application.ts";
import { replayEvidence } from "./evidence.ts";
import { type Journey, travel } from "./journey.ts";
import { judgeMachine, type Machine } from "./machine.ts";
import { describe, describeGates, primaryOf } from "./migration-view.ts";
import type { Degradation, DestinationFault } from "./options.ts";
import { repairDrift } from "./repair.ts";
import type { Screen } from "./screen.ts";

/** Of the stories that end well, or before anything was changed. */
export const migrationName = "docs-to-qdrant";

export type Stage = {
  readonly world: World;
  readonly screen: Screen;
  /** Applications that have begun, by what ends them. */
  readonly open: Set<() => Promise<void>>;
  /** What the machine can do by the requests so far, of an application whose stores nobody has made worse. */
  readonly onMachine: (machine: Machine) => void;
};

export type Completed = {
  phase: string;
  primary: string;
  seconds: number;
  requests: number;
  failedRequests: number;
  /** Whether every decision came out the same again from the evidence alone. */
  replayed: boolean;
};
export type RolledBack = {
  phase: string;
  primary: string;
  secondsToRollback: number | null;
  cause: string;
  /** Of a late rollback: whether the source has what the destination received. */
  reconciled?: string;
  requests: number;
  failedRequests: number;
  replayed: boolean;
};
export type Failed = { readonly failure: string };
export type Stopped = { phase: string; condition: string; reason: string; message: string; replayed: boolean };

/** Shows looks at several migrations at once. */
function watcher(screen: Screen): (name: string, status: MigrationStatus) => void {
  const rows = new Map<string, { line: string; details: string[] }>();
  const rates = new Map<string, number>();
  return (name, status) => {
    const rate = status.revision?.sampleRate ?? 0;
    // On a machine too busy for the demo a rate may step down: without the reason nobody knows why it waits.
    if (status.phase === "Ramp" && rate < (rates.get(name) ?? 0)) screen.say(`${name}: ${status.message}`);
    rates.set(name, rate);
    rows.set(name, { line: describe(name, status), details: [status.message, ...describeGates(status)] });
    screen.show(rows);
  };
}

type Attend = (application: Application, status: MigrationStatus) => Promise<void>;
type Story = {
  readonly fault?: DestinationFault;
  /** Whether the operator has the destination filled and kept equal. */
  readonly copies?: boolean;
  /** What a person does beside watching. */
  readonly attend?: Attend;
  /** What a person does once it is Completed, before the base is changed. */
  readonly onCompleted?: (application: Application) => Promise<void>;
};

/** Warm-up to Completed; then the base is changed, as Git would, and the migration settles. */
export async function complete(stage: Stage, story: Story = {}): Promise<Completed> {
  const { world, screen, open } = stage;
  const { fault, copies = false, attend, onCompleted } = story;
  const application = await startApplication(world, { name: "search-api", address: "127.0.0.3", fault, copies, open });
  try {
    screen.say(describeDestination(application));
    const journey = await travel(world, {
      name: migrationName,
      application,
      copies,
      guardDuration: "12s",
      ...(attend === undefined ? {} : { attend: (status) => attend(application, status) }),
      onStatus: watcher(screen),
      say: screen.say,
    });
    const { status } = journey;
    if (status.phase === "Completed") {
      await onCompleted?.(application);
      await settle(stage, journey, application);
    }
    const replayed = await replayEvidence(world, journey.name, screen.say);
    const counts = application.load.counts();
    return {
      phase: status.phase,
      primary: primaryOf(status),
      seconds: round(journey.seconds),
      requests: counts.requests,
      failedRequests: counts.failures,
      replayed,
    };
  } finally {
    stage.onMachine(judgeMachine(application.p95Ms()));
    await application.close();
  }
}

/** The preflight finds that the stores differ and stops; a person repairs what the report names, and it goes on. */
export async function completeAfterRepair(stage: Stage): Promise<{ stopped: Stopped | null; completed: Completed }> {
  const { world, screen } = stage;
  const migration = migrationName;
  let stopped: Stopped | null = null;
  const attend: Attend = async (application, status) => {
    const parity = conditionOf(status, "ParityVerified");
    if (stopped !== null || parity?.status !== "False") return;
    const { reason, message } = parity;
    stopped = { phase: status.phase, condition: "ParityVerified", reason, message, replayed: true };
    screen.say(`${migration}: stopped in ${status.phase}, ParityVerified is False: ${message}`);
    const say = (line: string) => screen.say(`${migration}: ${line}`);
    await repairDrift(world, application, { migration, say });
  };
  const completed = await complete(stage, { fault: "drifted", attend });
  return { stopped, completed };
}

/** Puts the destination into the base; the operator then takes the overlay away. */
async function settle({ world, screen }: Stage, journey: Journey, application: Application): Promise<void> {
  screen.say(`${journey.name}: the base now names the destination itself`);
  await world.client.mergePatch(`/api/v1/namespaces/${namespace}/configmaps/${application.name}-retriever`, {
    data: { "retriever.json": JSON.stringify({ primary: application.destination }) },
  });
  await eventually(
    `${journey.name} settles`,
    async () => conditionOf(await readStatus(world.client, journey.name), "Settled")?.status === "True",
  );
  screen.say(`${journey.name}: Settled, nothing of the migration is in force any more`);
}

/** The same story for each degradation, side by side, each on its own Deployment; one that fails ends no other. */
export async function rollBack(
  stage: Stage,
  degradations: readonly Degradation[],
  latencyLimitMs: number,
): Promise<Record<string, RolledBack | Failed>> {
  const onStatus = watcher(stage.screen);
  const told = degradations.map(async (degradation, index) => {
    const seat = { index, onStatus, ...(degradation === "slow" ? { latencyLimitMs } : {}) };
    return [degradation, await rollBackOne(stage, degradation, seat).catch(failureOf)] as const;
  });
  return Object.fromEntries(await Promise.all(told));
}

/** A story that didn't come to its end, and why. */
export function failureOf(fault: unknown): Failed {
  return { failure: fault instanceof Error ? fault.message : String(fault) };
}

type Seat = {
  readonly index: number;
  readonly onStatus: (name: string, status: MigrationStatus) => void;
  readonly latencyLimitMs?: number;
};

async function rollBackOne({ world, screen, open }: Stage, degradation: Degradation, seat: Seat): Promise<RolledBack> {
  const application = await startApplication(world, {
    name: `search-${degradation}`,
    address: `127.0.0.${4 + seat.index}`,
    open,
  });
  try {
    const journey = await travel(world, {
      name: `guard-${degradation}`,
      application,
      guardDuration: "60s",
      degradation,
      latencyLimitMs: seat.latencyLimitMs,
      onStatus: seat.onStatus,
      say: screen.say,
    });
    const { status } = journey;
    const cause = status.rollback?.causes[0] ?? "none";
    const reconciled = conditionOf(status, "DriftResolved");
    if (degradation === "late")
      screen.say(`${journey.name}: DriftResolved ${reconciled?.status}: ${reconciled?.message}`);
    screen.say(`${journey.name}: ${status.phase} by ${status.rollback?.reason ?? "nothing"}: ${cause}`);
    const replayed = await replayEvidence(world, journey.name, screen.say);
    const counts = application.load.counts();
    return {
      phase: status.phase,
      primary: primaryOf(status),
      secondsToRollback: journey.secondsToRollback === undefined ? null : round(journey.secondsToRollback),
      cause,
      ...(degradation === "late" ? { reconciled: reconciled?.reason ?? "none" } : {}),
      requests: counts.requests,
      failedRequests: counts.failures,
      replayed,
    };
  } finally {
    await application.close();
  }
}

/** A destination that isn't what the manifest says: the migration stops in the preflight and changes nothing. */
export async function stop({ world, screen, open }: Stage, fault: DestinationFault): Promise<Stopped> {
  const application = await startApplication(world, { name: "search-api", address: "127.0.0.3", fault, open });
  try {
    const journey = await travel(world, {
      name: migrationName,
      application,
      guardDuration: "12s",
      stopWhen: (status) => conditionOf(status, "Reachable")?.status === "False",
      onStatus: watcher(screen),
      say: screen.say,
    });
    const reachable = conditionOf(journey.status, "Reachable");
    const replayed = await replayEvidence(world, journey.name, screen.say);
    return {
      phase: journey.status.phase,
      condition: "Reachable",
      reason: reachable?.reason ?? "none",
      message: reachable?.message ?? "none",
      replayed,
    };
  } finally {
    await application.close();
  }
}

function describeDestination({ qdrant }: Application): string {
  return `destination: Qdrant at ${qdrant.url}${qdrant.standIn ? " (a stand-in that speaks its REST API; its speed says nothing about Qdrant)" : ""}`;
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
