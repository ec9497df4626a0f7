// The verbs by which people act, and the act each of them creates.
import type { Act } from "@retriever/crds/migration.ts";

type ActCommand = {
  readonly command: string;
  readonly act: Act;
  readonly about: string;
  /** As the API asks it. */
  readonly needsReason?: boolean;
};

export const actCommands: readonly ActCommand[] = [
  { command: "approve", act: "Approve", about: "Agree to the accepted plan, in a role" },
  {
    command: "deny",
    act: "Deny",
    about: "Hold the approvals' gate in a role, with a reason, until you approve",
    needsReason: true,
  },
  { command: "waive", act: "Waive", about: "Let a check that is Unknown pass, with a reason", needsReason: true },
  { command: "promote", act: "Promote", about: "Cut over now; refused where something blocks it" },
  { command: "retry", act: "Retry", about: "Cut over again after a cutover that was taken back" },
  {
    command: "complete-guard",
    act: "CompleteGuard",
    about: "End a guard that is too thin to judge, with a reason",
    needsReason: true,
  },
  {
    command: "writers-moved",
    act: "WritersMoved",
    about: "Say that the application writes to the destination now, for good",
  },
  { command: "pause", act: "Pause", about: "Hold it where it is; a rollback stays possible" },
  { command: "resume", act: "Resume", about: "Take back a pause or a hold" },
  { command: "abort", act: "Abort", about: "Give it up and go back to the source, for good" },
  { command: "postmortem", act: "Postmortem", about: "Record the postmortem of a rollback" },
  {
    command: "repair-drift",
    act: "RepairDrift",
    about: "After a late rollback: bring the source the chunks that a report names, by its digest",
  },
  { command: "rollback", act: "Rollback", about: "Go back to the source now, for good" },
];
