// What may come next on a command line: commands, options, choices, and names from the cluster within a second or two.
import { checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import { conditionTypes, phases } from "@retriever/crds/status/migration-status.ts";
import type { KubeObject } from "@retriever/operator/kube/documents.ts";
import { listAll } from "@retriever/operator/kube/listing.ts";
import { deployments, namespaces } from "@retriever/operator/kube/resources.ts";
import { clipped } from "@retriever/operator/page/words.ts";
import type { Command, Option } from "commander";
import { exitCodes } from "#output/exit-codes.ts";
import { viewMigration } from "#output/migration-view.ts";
import type { Connected, Surroundings } from "#surroundings.ts";
import { type ClusterOptions, commandFirst, connected } from "./cluster-options.ts";

type Candidate = { readonly word: string; readonly about?: string };
/** `files`: the shell completes paths. */
type Next = readonly Candidate[] | "files";

/** Somebody waits at the keyboard. */
const requestTimeoutMs = 1500;

/** Prints the candidates for the last word; never fails, since nobody could read why. */
export async function complete(words: readonly string[], program: Command, around: Surroundings): Promise<number> {
  const typed = optionApart(words);
  const partial = typed.at(-1) ?? "";
  const next = await findNext(commandFirst(typed.slice(0, -1)), partial, { program, around }).catch(() => []);
  const found = next === "files" ? [] : next.filter(({ word }) => word.startsWith(partial));
  const lines = found.map(({ word, about }) => [word, ...(about === undefined ? [] : [about])].map(oneLine).join("\t"));
  around.terminal.data([...lines, next === "files" ? ":0" : ":4"].join("\n"));
  return exitCodes.ok;
}

/** Of `--namespace=se` the value is completed: shells, and kubectl, put the option before it themselves. */
function optionApart(words: readonly string[]): readonly string[] {
  const [, option, value] = /^(--[\w-]+)=(.*)$/s.exec(words.at(-1) ?? "") ?? [];
  return option === undefined || value === undefined ? words : [...words.slice(0, -1), option, value];
}

const oneLine = (text: string): string => clipped(text, Number.MAX_SAFE_INTEGER);

type Tools = { readonly program: Command; readonly around: Surroundings };

async function findNext(before: readonly string[], partial: string, tools: Tools): Promise<Next> {
  const { program } = tools;
  const [name, ...given] = before;
  const command = program.commands.find((each) => each.name() === name);
  if (name === undefined || name.startsWith("-")) return nextBeforeCommand(before, partial, tools);
  if (command === undefined) return [];
  const awaited = optionNamed(command, given.at(-1));
  if (awaited !== undefined && takesValue(awaited)) return valuesOf(awaited, command, given.slice(0, -1), tools);
  if (partial.startsWith("-")) return optionsOf(command, given);
  return argumentsOf(command, given, tools);
}

/** Cluster options may stand before the command; `get` has all of them. */
async function nextBeforeCommand(before: readonly string[], partial: string, tools: Tools): Promise<Next> {
  const { program } = tools;
  const reaching = program.commands.find((each) => each.name() === "get");
  const awaited = reaching && optionNamed(reaching, before.at(-1));
  if (reaching !== undefined && awaited !== undefined && takesValue(awaited))
    return valuesOf(awaited, reaching, before.slice(0, -1), tools);
  return partial.startsWith("-") ? optionsOf(program, []) : commandsOf(program);
}

function commandsOf(program: Command): Candidate[] {
  const shown = program.createHelp().visibleCommands(program);
  return shown.map((each) => ({ word: each.name(), about: each.description() }));
}

const takesValue = ({ required, optional }: Option): boolean => required || optional;

function optionNamed(command: Command, word: string | undefined): Option | undefined {
  return command.options.find(({ long, short }) => word !== undefined && (word === long || word === short));
}

/** Those that may still be given. */
function optionsOf(command: Command, given: readonly string[]): Candidate[] {
  const shown = command.createHelp().visibleOptions(command);
  return shown.flatMap(({ long, short, description, defaultValue }) => {
    const isGiven = given.some((word) => word === long || word === short) && !Array.isArray(defaultValue);
    return long === undefined || long === null || isGiven ? [] : [{ word: long, about: description }];
  });
}

async function argumentsOf(command: Command, given: readonly string[], tools: Tools): Promise<Next> {
  const { operands } = readGiven(command, given);
  const argument = command.registeredArguments[operands.length];
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return wordsOf(argument.argChoices);
  if (argument.name() === "file") return "files";
  return ask(command, given, tools, argument.name() === "workload" ? deploymentNames : migrationNames);
}

async function valuesOf(option: Option, command: Command, given: readonly string[], tools: Tools): Promise<Next> {
  if (option.argChoices !== undefined) return wordsOf(option.argChoices);
  if (option.long === "--scenario") return wordsOf(Object.keys(tools.around.scenarios()));
  if (/<(file|folder)>/.test(option.flags)) return "files";
  const known = command.name() === "wait" && option.long === "--for" ? [...phases, ...conditionTypes] : undefined;
  if (known !== undefined) return wordsOf(known);
  if (option.long === "--check") return wordsOf(checkNames);
  const asked = askedBy[option.long ?? ""];
  return asked === undefined ? [] : ask(command, given, tools, asked);
}

const wordsOf = (words: readonly string[]): Candidate[] => words.map((word) => ({ word }));

type Ask = (cluster: Connected, operands: readonly string[], signal: AbortSignal) => Promise<readonly Candidate[]>;

const migrationNames: Ask = async ({ client, namespace }, _, signal) =>
  (await client.listMigrations(namespace, signal)).map((raw) => {
    const { metadata, status } = raw as KubeObject & { readonly status?: { readonly phase?: string } };
    return { word: metadata?.name ?? "", about: status?.phase ?? "Pending" };
  });

const roleNames: Ask = async ({ client, namespace }, [name = ""], signal) => {
  const { plan } = viewMigration(await client.readMigration(namespace, name, signal));
  return (plan?.checklist.approvals.roles ?? []).map((role) => ({ word: role.name }));
};

const deploymentNames: Ask = async ({ request, namespace }, _, signal) =>
  listAll(
    request,
    { place: { resource: deployments, namespace } },
    ({ metadata }) => [{ word: `deployment/${metadata?.name ?? ""}` }],
    signal,
  );

const namespaceNames: Ask = async ({ request }, _, signal) =>
  listAll(request, { place: { resource: namespaces } }, ({ metadata }) => [{ word: metadata?.name ?? "" }], signal);

/** Options whose values lie in the cluster. */
const askedBy: Readonly<Record<string, Ask>> = {
  "--namespace": namespaceNames,
  "--operator-namespace": namespaceNames,
  "--in": namespaceNames,
  "--role": roleNames,
  "--for": deploymentNames,
};

/** Options and operands as the command itself reads them. */
function readGiven(command: Command, given: readonly string[]) {
  command.configureOutput({ writeErr: () => undefined });
  const { operands } = command.parseOptions([...given]);
  return { operands, options: command.opts<ClusterOptions>() };
}

async function ask(command: Command, given: readonly string[], { around }: Tools, what: Ask): Promise<Next> {
  const { operands, options } = readGiven(command, given);
  let found: readonly Candidate[] = [];
  await connected({ ...options, requestTimeout: requestTimeoutMs }, around, async (cluster) => {
    found = await what(cluster, operands, around.signal);
    return exitCodes.ok;
  });
  return found;
}
