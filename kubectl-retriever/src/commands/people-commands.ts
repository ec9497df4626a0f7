// The commands by which people act on a migration, and their options.
import { actsWithReason, promoteWait } from "@retriever/crds/migration.ts";
import { type Command, InvalidArgumentError } from "commander";
import { type Files, fileFault } from "#files/files.ts";
import type { KubeClient } from "#kube-client.ts";
import type { Terminal } from "#output/terminal.ts";
import { type ActOptions, actCommands, createAct } from "./act.ts";
import { durationMs } from "./options.ts";

/** What a command does once its options are read: connects, acts, and hands on the exit code. */
type PeopleCommands = {
  readonly program: Command;
  /** Adds the options that every command with a cluster takes. */
  readonly shared: (command: Command) => Command;
  readonly run: (
    options: unknown,
    act: (connection: { readonly client: KubeClient; readonly namespace: string }) => Promise<number>,
  ) => Promise<void>;
  readonly terminal: Terminal;
  readonly files: Pick<Files, "read">;
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
  readonly waitForGates?: boolean;
  readonly file?: string;
};

/** What the API takes of a postmortem, in characters. */
const longestReport = 8192;

/** approve, waive, promote, retry, complete-guard, pause, resume, abort, postmortem, rollback. */
export function addPeopleCommands(commands: PeopleCommands): void {
  const { program, shared, run, terminal, files, now, signal } = commands;
  for (const { command, act, about } of actCommands) {
    const line = shared(program.command(command))
      .description(about)
      .argument("<name>", "name of the RetrieverMigration");
    if (actsWithReason.includes(act)) line.requiredOption("--reason <text>", "why, for the record");
    else line.option("--reason <text>", "why, for the record", "");
    if (act === "Postmortem")
      line.requiredOption("--file <file>", "the report, at most 8 KiB; - is the standard input");
    if (act === "Approve") addApproveOptions(line);
    if (act === "Promote") addPromoteOptions(line);
    if (act === "Waive") line.requiredOption("--check <name>", "the check that is waived");
    line.action(async (name: string, given: Given) => {
      const text = given.file === undefined ? undefined : await readReport(files, given.file, line);
      const { reason, role, check, yesIAm, expires, waitForGates } = given;
      const more: ActOptions = {
        ...(role === undefined ? {} : { role }),
        ...(check === undefined ? {} : { check }),
        ...(text === undefined ? {} : { text }),
        ...(yesIAm === undefined ? {} : { yesIAm }),
        ...(waitForGates === undefined ? {} : { waitForGates }),
        ...(expires === undefined ? {} : { expiresAt: now() + expires }),
      };
      await run(given, ({ client, namespace }) =>
        createAct({ namespace, name, act, reason, ...more }, client, terminal, signal),
      );
    });
  }
}

/** The report; a file that can't be used ends the command with its reason. */
async function readReport(files: PeopleCommands["files"], path: string, command: Command): Promise<string> {
  const text = await files
    .read(path)
    .catch((fault: unknown) => command.error(`error: ${fileFault("read", path, fault)}`));
  const length = text.trim().length;
  if (length > 0 && length <= longestReport) return text.trim();
  return command.error(`error: ${path} has ${length} characters, expected 1 to ${longestReport}`);
}

function addApproveOptions(command: Command): void {
  command
    .requiredOption("--role <name>", "the role it is approved in")
    .option("--expires <time>", "how long it counts, e.g. 4h; default: as long as the plan allows", parseExpiry)
    .option("--yes-i-am <name>", "your user name, where nobody can be asked to type it");
}

function addPromoteOptions(command: Command): void {
  command
    .option("--wait-for-gates", "wait for what blocks the cutover, instead of being refused for it")
    .option("--expires <time>", "for how long, at most 24h; default: 4h", parseWait);
}

function parseWait(text: string): number {
  const ms = parseExpiry(text);
  if (ms > promoteWait.mostHours * 3_600_000) throw new InvalidArgumentError("expected at most 24h");
  return ms;
}

/** A duration, in ms. */
function parseExpiry(text: string): number {
  const ms = durationMs(text);
  if (ms <= 0) throw new InvalidArgumentError("expected a time such as 30m or 4h");
  return ms;
}
