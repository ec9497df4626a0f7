// The commands and their options. Everything outside is passed in, so that a test can run a command whole.
// What a command does is loaded when it runs: `--help` loads nothing but this.
import { Argument, Command, CommanderError, Help, type Option } from "commander";
import { addClusterCommands } from "#commands/cluster-commands.ts";
import { commandFirst } from "#commands/cluster-options.ts";
import { completionScripts, type Shell, shells } from "#commands/completion-scripts.ts";
import { addListCommands } from "#commands/list-commands.ts";
import { addOfflineCommands } from "#commands/offline-commands.ts";
import { addPeopleCommands } from "#commands/people-commands.ts";
import { addDashboardCommand } from "#dashboard/dashboard-command.ts";
import { guarded } from "#output/terminal.ts";
import { clientVersion } from "./client-version.ts";
import type { End, Surroundings } from "./surroundings.ts";

/** Runs one command line (without node and script); resolves with the exit code, never rejects. */
export async function runCli(words: readonly string[], given: Surroundings): Promise<number> {
  const around = { ...given, terminal: guarded(given.terminal) };
  let code = 0;
  const program = makeProgram(around, (result) => {
    code = result;
  });
  try {
    if (words[0] === "__complete") {
      const { complete } = await import("#commands/complete.ts");
      return await complete(words.slice(1), program, around);
    }
    const typed = withoutEquals(commandFirst(words), program);
    await program.parseAsync(meantBy(typed, program), { from: "user" });
    return code;
  } catch (fault) {
    if (fault instanceof CommanderError) return fault.exitCode === 0 ? 0 : 1;
    const { tellFault } = await import("#output/tell-fault.ts");
    return tellFault(fault, around);
  }
}

/** `-o=json`, as kubectl takes it, is `-ojson`. What is the value of another option stays as it is. */
function withoutEquals(words: readonly string[], { commands }: Command): readonly string[] {
  const own = commands.find((one) => one.name() === words[0])?.options ?? [];
  const names = own.flatMap(({ required, long, short }) => (required ? [long, short] : []));
  return words.map((word, at) =>
    names.includes(word.slice(0, 2)) && word[2] === "=" && !names.includes(words[at - 1])
      ? word.slice(0, 2) + word.slice(3)
      : word,
  );
}

/** Help on a command that isn't there is answered as that command would be: with the one that was meant. */
function meantBy(words: readonly string[], { commands }: Command): string[] {
  const [first, name] = words;
  const isUnknown = first === "help" && name !== undefined && !commands.some((one) => one.name() === name);
  return words.slice(isUnknown ? 1 : 0);
}

const exitCodesHelp =
  "\nExit codes: 0 ok, 1 error, 2 refused, 3 waits for a person, 4 rolled back or stalled, 124 time-out, 130 interrupted";

/** The whole command line. */
export function makeProgram(around: Surroundings, end: End): Command {
  const { terminal } = around;
  const program = new Command("kubectl-retriever")
    .description("Show RetrieverMigrations and act on them")
    .version(clientVersion, "--version", "print the release of this program")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => eachLine(text, terminal.print),
      writeErr: (text) => eachLine(text, terminal.warn),
    })
    .configureHelp({ optionDescription: describeOption })
    .addHelpText("after", exitCodesHelp);
  program.commandsGroup("Before there is a migration, without a cluster:");
  addOfflineCommands(program, around, end);
  program.commandsGroup("See what stands where, in a cluster:");
  addClusterCommands(program, around, end);
  addListCommands(program, around, end);
  addDashboardCommand(program, around, end);
  program.commandsGroup("Act on a migration:");
  addPeopleCommands(program, around, end);
  program.commandsGroup("Set up:");
  addCompletion(program, around, end);
  return program;
}

/** An option that is off, or a list that is empty, is so by default without its being said. */
function describeOption(option: Option): string {
  const { defaultValue } = option;
  const isNothing = defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0);
  const shown: Option = isNothing ? Object.assign(Object.create(option), { defaultValue: undefined }) : option;
  return new Help().optionDescription(shown);
}

function addCompletion(program: Command, { terminal }: Surroundings, end: End): void {
  program
    .command("completion")
    .description("Print the script that completes commands, options and names in a shell, or in kubectl itself")
    .addArgument(new Argument("<shell>", "the shell; kubectl: the program kubectl_complete-retriever").choices(shells))
    .action(async (shell: Shell) => {
      terminal.data(completionScripts[shell]);
      end(0);
    });
}

function eachLine(text: string, write: (line: string) => void): void {
  for (const line of text.trimEnd().split("\n")) write(line);
}
