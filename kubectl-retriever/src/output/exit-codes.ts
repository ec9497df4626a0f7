// What the command line's exit codes mean.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import type { Ending } from "#rehearse/rehearsal.ts";

export const exitCodes = {
  ok: 0,
  error: 1,
  /** By evidence or by policy. */
  refused: 2,
  waitingForPerson: 3,
  rolledBackOrStalled: 4,
  timeOut: 124,
  interrupted: 130,
} as const;

/** What a status means to a script. */
export function exitCodeOfStatus(status: MigrationStatus): number {
  const isTrue = (type: string) =>
    status.conditions.some((condition) => condition.type === type && condition.status === "True");
  if (["RollingBack", "VerifyingDrift", "RolledBack"].includes(status.phase) || isTrue("Stalled"))
    return exitCodes.rolledBackOrStalled;
  if (status.phase === "AwaitingApproval" || status.phase === "AwaitingCutover" || isTrue("Paused"))
    return exitCodes.waitingForPerson;
  return exitCodes.ok;
}

/** What the same end of a real migration would mean. */
export function exitCodeOfRehearsal({ ending, status }: { ending: Ending; status: MigrationStatus }): number {
  if (ending === "waiting") return exitCodes.waitingForPerson;
  const code = exitCodeOfStatus(status);
  return ending === "unfinished" && code === exitCodes.ok ? exitCodes.timeOut : code;
}

/** From the mildest to the gravest. */
const gravity: readonly number[] = [
  exitCodes.ok,
  exitCodes.waitingForPerson,
  exitCodes.timeOut,
  exitCodes.rolledBackOrStalled,
];

/** What many rehearsals mean: the gravest of what each means, so that one bad run in a thousand is told. */
export function exitCodeOfRuns(codes: readonly number[]): number {
  return gravity.findLast((code) => codes.includes(code)) ?? exitCodes.error;
}

/** What a failed call means to a script. Admission answers with 403 or 422; both are a refusal. */
export function exitCodeOfFault(fault: unknown): number {
  if (!(fault instanceof OperatorError)) return exitCodes.error;
  if (fault.code === "ROP_DEADLINE_EXCEEDED") return exitCodes.timeOut;
  if (fault.code === "ROP_STOPPED") return exitCodes.interrupted;
  return fault.code === "ROP_FORBIDDEN" || fault.code === "ROP_INVALID" ? exitCodes.refused : exitCodes.error;
}
