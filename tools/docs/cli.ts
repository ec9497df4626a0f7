// The page of the command line, from the commands as they are declared.
import { dataFields } from "../../kubectl-retriever/src/commands/data-fields.ts";
import { makeProgram } from "../../kubectl-retriever/src/program.ts";
import type { Surroundings } from "../../kubectl-retriever/src/surroundings.ts";
import { code, table } from "./markdown.ts";

type Command = ReturnType<typeof makeProgram>;
type Option = Command["options"][number];
type Argument = Command["registeredArguments"][number];

/** Declaring commands asks nothing of the outside but where lines go. */
const around = {
  terminal: { print: () => undefined, warn: () => undefined },
  files: {},
} as unknown as Surroundings;

/** Markdown of `docs/cli.md`. */
export function renderCliPage(): string {
  const program = makeProgram(around, () => undefined);
  const commands = program.commands.filter((each) => each.name() !== "help");
  const common = sharedOptions(commands);
  return [
    "# kubectl-retriever",
    "",
    "Generated from the code by `make generate`; a stale page fails `make check`. Installed as a plugin, `kubectl retriever` is the same program.",
    "",
    "Data goes to the standard output, words about it to the standard error. `NO_COLOR` turns colours off; nothing asks a question where nobody sits at the input.",
    "",
    ...table(
      ["exit code", "meaning"],
      exitCodes.map(([number, meaning]) => [number, meaning]),
    ),
    "",
    "## Options of every command that needs a cluster",
    "",
    "They stand behind the command or before it: `kubectl retriever -n search get`.",
    "",
    ...optionTable(common),
    "",
    ...commands.flatMap((command) => section(command, common)),
    "## Data",
    "",
    "`get`, `status`, and the commands that act print objects of the API: [every field](resource.md) of a RetrieverMigration. `evidence` and `report` print what [the audit trail](evidence.md) says. The others print these, with `-o json` an object a line where there are several, with `-o yaml` a document each; `events` a list. Fields are added in any release; none is renamed or taken away without a line under *Upgrade* in the [changelog](../CHANGELOG.md).",
    "",
    ...table(
      ["command", "field", "meaning"],
      dataFields.flatMap(([command, fields]) =>
        Object.entries(fields).map(([field, meaning]) => [command, code(field), meaning]),
      ),
    ),
    "",
  ].join("\n");
}

const exitCodes: readonly (readonly [string, string])[] = [
  ["0", "it is so, or it was done"],
  ["1", "it couldn't be done: wrong words, no file, no cluster"],
  ["2", "refused: by evidence, a policy, a right or the phase; the last lines say what would work"],
  ["3", "waits for a person"],
  ["4", "rolled back or stalled; of `wait`: what was waited for can't come any more"],
  ["124", "not within the time given; of an act the last lines say whether it is written, and what can't be read"],
  ["130", "interrupted"],
];

/** Those of the first command with a kubeconfig that all such commands have, word for word. */
function sharedOptions(commands: readonly Command[]): readonly Option[] {
  const reaching = commands.filter(({ options }) => options.some(({ long }) => long === "--kubeconfig"));
  const [first, ...others] = reaching;
  return (first?.options ?? []).filter((option) =>
    others.every(({ options }) => options.some((other) => isSame(other, option))),
  );
}

function isSame(a: Option, b: Option): boolean {
  return a.flags === b.flags && a.description === b.description;
}

function section(command: Command, common: readonly Option[]): string[] {
  const own = command.options.filter((option) => !common.some((shared) => isSame(shared, option)));
  const needsCluster = own.length < command.options.length;
  const words = [
    ...command.registeredArguments.map(argumentWord),
    ...own.filter(({ mandatory }) => mandatory).map(({ flags }) => flags.replace(/^-\w, /, "")),
    "[options]",
  ];
  return [
    `## ${command.name()}`,
    "",
    code(`kubectl retriever ${command.name()} ${words.join(" ")}`),
    "",
    `${command.description()}.${needsCluster ? " Needs a cluster." : ""}`,
    "",
    ...(own.length === 0 ? [] : [...optionTable(own), ""]),
  ];
}

function argumentWord(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function optionTable(options: readonly Option[]): string[] {
  return table(
    ["option", "meaning", "default"],
    options.map((option) => [code(option.flags), meaningOf(option), defaultOf(option)]),
  );
}

function meaningOf({ description, argChoices, mandatory }: Option): string {
  const choices = argChoices === undefined ? "" : `: ${argChoices.map(code).join(", ")}`;
  return `${description}${choices}${mandatory ? "; **required**" : ""}`;
}

function defaultOf({ defaultValue, defaultValueDescription }: Option): string {
  if (defaultValueDescription !== undefined) return code(defaultValueDescription);
  const isNone =
    defaultValue === undefined || defaultValue === false || defaultValue === "" || Array.isArray(defaultValue);
  return isNone ? "" : code(String(defaultValue));
}
