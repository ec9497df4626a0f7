// The commands by which people act on a migration, and their options.
import type { Act } from "@retriever/crds/migration.ts";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Files, fileFault } from "#files/files.ts";
import { type Form, forms } from "#output/documents.ts";
import type { End, Surroundings } from "#surroundings.ts";
import { actCommands } from "./act-commands.ts";
import type { ActOptions } from "./acts/act.ts";
import { type ClusterOptions, connected, flagsOf, withCluster } from "./cluster-options.ts";
import { durationMs } from "./options.ts";
import { parseMigrationName } from "./typed-names.ts";

type Given = ClusterOptions & {
  readonly reason: string;
  readonly role?: string;
  readonly check?: string;
  readonly digest?: string;
  readonly expires?: number;
  readonly yesIAm?: string;
  readonly waitForGates?: boolean;
  readonly file?: string;
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
  readonly dryRun?: "client" | "server";
  readonly output?: Form;
};

/** What the API takes of a postmortem, in characters. */
const longestReport = 8192;

/**
 * approve, deny, waive, promote, retry, complete-guard, writers-moved, pause, resume, abort, postmortem, repair-drift,
 * rollback.
 */
export function addPeopleCommands(program: Command, around: Surroundings, end: End): void {
  for (const { command, act, about, needsReason } of actCommands) {
    const line = withCluster(program.command(command))
      .description(about)
      .argument("<name>", "name of the RetrieverMigration", parseMigrationName);
    if (needsReason) line.requiredOption("--reason <text>", "why, for the record");
    else line.option("--reason <text>", "why, for the record", "");
    if (act === "Postmortem")
      line.requiredOption("--file <file>", "the report, at most 8 KiB; - is the standard input");
    if (act === "Approve") addApproveOptions(line);
    if (act === "Deny") line.requiredOption("--role <name>", "the role it is denied in");
    if (act === "Promote") addPromoteOptions(line);
    if (act === "RepairDrift")
      line.requiredOption(
        "--digest <digest>",
        "of the report, as status shows it: nothing else is repaired",
        parseDigest,
      );
    if (act === "Waive") line.requiredOption("--check <name>", "the check that is waived");
    addCommonOptions(line, act);
    line.action(async (name: string, given: Given) => {
      const text = given.file === undefined ? undefined : await readReport(around.files.evidence, given.file, line);
      const { createAct } = await import("./acts/act.ts");
      const asked = { name, act, reason: given.reason, ...optionsOf(given, text, around) };
      end(
        await connected(given, around, ({ client, namespace, server, context }) =>
          createAct(
            { namespace, ...asked },
            { client, ...around, cluster: { server, context, flags: flagsOf(given) } },
            around.signal,
          ),
        ),
      );
    });
  }
}

/** What can't be taken back is asked about once, on a terminal. */
const asking: readonly Act[] = ["CompleteGuard", "WritersMoved", "RepairDrift", "Abort", "Rollback"];

function addCommonOptions(line: Command, act: Act): void {
  if (asking.includes(act)) line.option("-y, --yes", "don't ask whether it is meant");
  line
    .option("--wait", "wait until the operator has taken or refused it; default: on a terminal")
    .option("--no-wait", "only create it")
    .addOption(new Option("--timeout <time>", "how long to wait").argParser(parseExpiry).default(30_000, "30s"))
    .addOption(new Option("--dry-run <where>", "create nothing").choices(["client", "server"]))
    .addOption(new Option("-o, --output <form>", "print the act").choices(forms));
}

function optionsOf(given: Given, text: string | undefined, { clock, terminal }: Surroundings): ActOptions {
  const { role, check, digest, yesIAm, waitForGates, expires, dryRun, output } = given;
  return {
    yes: given.yes === true,
    wait: given.wait ?? terminal.isTty,
    timeoutMs: given.timeout,
    ...(role === undefined ? {} : { role }),
    ...(check === undefined ? {} : { check }),
    ...(digest === undefined ? {} : { digest }),
    ...(text === undefined ? {} : { text }),
    ...(yesIAm === undefined ? {} : { yesIAm }),
    ...(waitForGates === undefined ? {} : { waitForGates }),
    ...(expires === undefined ? {} : { expiresAt: clock.now() + expires }),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(output === undefined ? {} : { output }),
  };
}

/** The report; a file that can't be used ends the command with its reason. */
async function readReport(files: Files, path: string, command: Command): Promise<string> {
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

function parseDigest(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new InvalidArgumentError("expected 64 hex digits");
  return text;
}

function parseWait(text: string): number {
  const ms = parseExpiry(text);
  if (ms > 24 * 3_600_000) throw new InvalidArgumentError("expected at most 24h");
  return ms;
}

/** A duration, in ms. */
function parseExpiry(text: string): number {
  const ms = durationMs(text);
  if (ms <= 0) throw new InvalidArgumentError("expected a time such as 30m or 4h");
  return ms;
}
