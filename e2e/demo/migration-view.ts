// How the demo puts a migration on one line, and its gates below it.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";

/** Store that serves by intent: its kind. */
export function primaryOf(status: MigrationStatus): string {
  const store = status.revision?.primary === "destination" ? status.destination : status.source;
  return store?.kind ?? "pgvector";
}

/** `docs-to-qdrant  Ramp 2/2  rate 0.5  primary pgvector  epoch 3 (3/3 pods)  gates ...`. */
export function describe(name: string, status: MigrationStatus): string {
  const stage = status.stage === undefined ? "" : ` ${status.stage.index + 1}/${status.stage.count}`;
  const sampling = status.phase === "WarmUp" || status.phase === "Ramp" || status.phase === "AwaitingCutover";
  const acks = status.acks === undefined ? "" : ` (${status.acks.matched}/${status.acks.pods} pods)`;
  const parts = [
    name.padEnd(18),
    `${status.phase}${sampling ? stage : ""}`.padEnd(16),
    `rate ${status.revision?.sampleRate ?? 0}`.padEnd(9),
    `primary ${primaryOf(status)}`.padEnd(17),
    `epoch ${status.epoch}${acks}`,
  ];
  return parts.join("  ").trimEnd();
}

/** One line per gate: verdict, share and n. */
export function describeGates(status: MigrationStatus): string[] {
  return status.gates.map((gate) => {
    const value = gate.value === null ? "-" : `${(gate.value * 100).toFixed(1)} %`;
    return `${gate.gate.padEnd(14)} ${gate.verdict.padEnd(8)} ${value.padStart(7)} of ${gate.n} (limit ${(gate.limit * 100).toFixed(1)} %)`;
  });
}
