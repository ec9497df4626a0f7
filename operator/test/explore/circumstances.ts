// The ways in which one reconcile can go: what traffic was like, what could be read, and what a person asked for before it.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Evidence } from "./evidence.ts";
import { isFinal, shadowRate } from "./truths.ts";
import type { ExploredAct, World } from "./world.ts";

export type Circumstances = {
  readonly name: string;
  readonly evidence: Evidence;
  readonly faults: number;
  readonly listable?: false;
  readonly down?: StoreName;
  readonly verifier?: World["verifier"];
  readonly act?: ExploredAct;
};

/** The calm one first. */
export function circumstancesOf(world: World): readonly Circumstances[] {
  const classes = classesOf(world);
  return [
    ...classes.map((evidence) => ({ name: `evidence ${evidence}`, evidence, faults: costOf(evidence) })),
    ...unread(world),
    ...down(world),
    ...jobless(world),
    ...asked(world, classes),
  ];
}

/** Good and bad traffic are what a migration is for; everything else that traffic and sidecars may do is a fault. */
function costOf(evidence: Evidence): number {
  return evidence === "healthy" || evidence === "harmful" ? 0 : 1;
}

/** Classes that can make a difference in a world. */
function classesOf(world: World): readonly Evidence[] {
  if (!isWatched(world)) return ["healthy", "silent"];
  return ["healthy", "none", "harmful", "errors", "unknown", "silent"];
}

function isWatched(world: World): boolean {
  return !isFinal(world) && (shadowRate(world) > 0 || world.status.revision?.primary === "destination");
}

function unread(world: World): Circumstances[] {
  return classesOf(world)
    .filter((evidence) => evidence === "healthy" || evidence === "harmful")
    .map((evidence) => ({ name: `pods can't be listed, evidence ${evidence}`, evidence, faults: 1, listable: false }));
}

function down(world: World): Circumstances[] {
  const classes: readonly Evidence[] = isWatched(world) ? ["healthy", "harmful", "errors"] : ["healthy"];
  const source = classes.map((evidence) => ({
    name: `the source is down, evidence ${evidence}`,
    evidence,
    faults: 1,
    down: "source" as const,
  }));
  const evidence = isWatched(world) ? "errors" : "healthy";
  return [...source, { name: "the destination is down", evidence, faults: 1, down: "destination" }];
}

/** What a comparison needs isn't there. */
function jobless({ status, job }: World): Circumstances[] {
  const basics = { evidence: "healthy", faults: 1 } as const;
  const unread = { name: "the Jobs can't be read", ...basics, verifier: "unread" } as const;
  const gone = { name: "the CronJob is gone", ...basics, verifier: "gone" } as const;
  if (status.phase === "VerifyingDrift") return [unread, gone];
  return status.phase === "RolledBack" && job !== null ? [unread] : [];
}

/** A cutover that was taken back takes a Retry; after the second time nobody is explored to try a third. */
function goOn({ status: { phase, takenBack } }: World): readonly ExploredAct[] {
  if (takenBack === undefined || phase !== "AwaitingCutover") return ["Promote"];
  return takenBack.times > 1 ? [] : ["Retry"];
}

function asked(world: World, classes: readonly Evidence[]): Circumstances[] {
  const { status } = world;
  if (isFinal(world) || status.phase === "RollingBack" || status.phase === "VerifyingDrift") return [];
  const isPaused = status.acts?.paused === true;
  const awaitsPromote = status.phase === "AwaitingCutover" && status.acts?.promotedBy === undefined;
  const faults = (act: ExploredAct): number =>
    ((act === "Promote" || act === "Retry") && awaitsPromote) ||
    (act === "Resume" && (isPaused || status.harm?.heldSince !== undefined))
      ? 0
      : 1;
  const acts: readonly ExploredAct[] = [isPaused ? "Resume" : "Pause", ...goOn(world), "Abort", "Rollback"];
  const held: readonly ExploredAct[] = status.harm?.heldSince !== undefined && !isPaused ? ["Resume"] : [];
  // A latched act is obeyed whatever the evidence says: seen and unseen are the two cases.
  const evidenceFor = (act: ExploredAct): readonly Evidence[] =>
    act === "Abort" || act === "Rollback" ? classes.filter((one) => one === "healthy" || one === "silent") : classes;
  return [...acts, ...held].flatMap((act) =>
    evidenceFor(act).map((evidence) => ({
      name: `${act} is asked for, evidence ${evidence}`,
      evidence,
      faults: faults(act) + costOf(evidence),
      act,
    })),
  );
}
