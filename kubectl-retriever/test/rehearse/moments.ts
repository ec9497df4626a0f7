// Moments of rehearsed migrations, as an operator would have left them: the status, and the evidence behind the charts. The
// times are moved so that the moment is now.
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { makeEvidenceOfRehearsal } from "#commands/offline/rehearsed-evidence.ts";
import { rehearse } from "#rehearse/rehearse.ts";
import { defaultMigration, scenarioNamed } from "./library.ts";

export type Rehearsed = {
  readonly phase: Phase;
  readonly status: MigrationStatus;
  /** Records of the chain, oldest first. */
  readonly records: readonly string[];
};

type Wanted = { readonly phase: Phase; readonly isThere: (status: MigrationStatus) => boolean };

/** Of one rehearsal, in their order. */
const scenario = "degrades-in-guard";
const wanted: readonly Wanted[] = [
  {
    phase: "Ramp",
    isThere: ({ phase, stage, gates }) => phase === "Ramp" && stage?.index === 2 && gates.some(({ n }) => n > 9000),
  },
  { phase: "Guard", isThere: ({ phase, guard }) => phase === "Guard" && (guard?.watchedSeconds ?? 0) > 2 * 3600 },
  { phase: "RolledBack", isThere: ({ phase }) => phase === "RolledBack" },
];

export const rehearsedPhases: readonly Phase[] = wanted.map(({ phase }) => phase);

/** In the ramp, in the guard before anything is seen, and rolled back by harm. */
export function rehearsedMoments(): readonly Rehearsed[] {
  const migration = defaultMigration();
  const evidence = makeEvidenceOfRehearsal(migration);
  const left = [...wanted];
  const found: Rehearsed[] = [];
  rehearse(migration, scenarioNamed(scenario), 1, (reconcile) => {
    evidence.record(reconcile);
    const { status } = reconcile.decision;
    const next = left[0];
    if (next === undefined || !next.isThere(status)) return;
    left.shift();
    const byMs = Date.now() - reconcile.input.now;
    const records = thinned(recordsOf(evidence.print())).map((line) => moved(line, byMs));
    found.push({
      phase: next.phase,
      status: JSON.parse(moved(JSON.stringify(status), byMs)) as MigrationStatus,
      records,
    });
  });
  if (left.length > 0) throw new Error(`${scenario} never comes to ${left[0]?.phase}`);
  return found;
}

/** The first line of the file says of whom it is. */
function recordsOf(file: string): readonly string[] {
  return file.split("\n").filter((line) => line.includes('"seq"') && line.includes('"verdicts"'));
}

/** Every decision, and counters every five minutes instead of every minute. */
function thinned(records: readonly string[]): readonly string[] {
  return records.filter((line, index) => index % 5 === 0 || !line.includes('"kind":"counters"'));
}

function moved(json: string, byMs: number): string {
  return json.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (at) =>
    new Date(Date.parse(at) + byMs).toISOString(),
  );
}
