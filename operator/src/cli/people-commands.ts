// The commands by which people act on a migration, and their options.
import { durationPattern, durationSeconds } from "@retriever/crds/duration.ts";
import { type Command, InvalidArgumentError } from "commander";
import { type ActOptions, actCommands, createAct } from "./act.ts";
import type { KubeClient } from "./kube-client.ts";
import type { Terminal } from "./terminal.ts";

/** What a command does once its options are read: connects, acts, and hands on the exit code. */
export type PeopleCommands = {
  readonly program: Command;
  /** Adds the options that every command with a cluster takes. */
  readonly shared: (command: Command) => Command;
  readonly run: (
    options: unknown,
    act: (connection: { readonly client: KubeClient; readonly namespace: string }) => Promise<number>,
  ) => Promise<void>;
  readonly terminal: Terminal;
  /** Epoch ms. */
  readonly now: () => number;
  readonly signal: AbortSignal;
};

type Given = {
  readonly reason: string;
  readonly role?: string;
  readonly check?: string;
  readonly expires?: number;
  readonly yesIAm?: string;
};

/** promote, pause, resume, abort, rollback, approve, waive. */
export function addPeopleCommands(commands: PeopleCommands): void {
  const { program, shared, run, terminal, now, signal } = commands;
  for (const { command, act, about } of actCommands) {
    const line = shared(program.command(command))
      .description(about)
      .argument("<name>", "name of the RetrieverMigration");
    if (act === "Waive") line.requiredOption("--reason <text>", "why, for the record");
    else line.option("--reason <text>", "why, for the record", "");
    if (act === "Approve") addApproveOptions(line);
    if (act === "Waive") line.requiredOption("--check <name>", "the check that is waived");
    line.action(async (name: string, given: Given) => {
      const { reason, role, check, yesIAm, expires } = given;
      const more: ActOptions = {
        ...(role === undefined ? {} : { role }),
        ...(check === undefined ? {} : { check }),
        ...(yesIAm === undefined ? {} : { yesIAm }),
        ...(expires === undefined ? {} : { expiresAt: now() + expires }),
      };
      await run(given, ({ client, namespace }) =>
        createAct({ namespace, name, act, reason, ...more }, client, terminal, signal),
      );
    });
  }
}

function addApproveOptions(command: Command): void {
  command
    .requiredOption("--role <name>", "the role it is approved in")
    .option("--expires <time>", "how long it counts, e.g. 4h; default: as long as the plan allows", parseExpiry)
    .option("--yes-i-am <name>", "your user name, where nobody can be asked to type it");
}

/** A duration, in ms. */
function parseExpiry(text: string): number {
  const seconds = durationPattern.test(text) ? durationSeconds(text) : 0;
  if (seconds <= 0) throw new InvalidArgumentError("expected a time such as 30m or 4h");
  return seconds * 1000;
}
