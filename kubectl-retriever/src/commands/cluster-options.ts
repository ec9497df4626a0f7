// The options of every command that needs a cluster, and how such a command is run.
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { exitCodes } from "#output/exit-codes.ts";
import type { Connected, Surroundings } from "#surroundings.ts";
import { collect, durationMs } from "./options.ts";
import { parseNamespace } from "./typed-names.ts";

export type ClusterOptions = {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly as?: string;
  readonly asGroup: readonly string[];
  readonly requestTimeout: number;
};

/** Adds the options. */
export function withCluster(command: Command): Command {
  return command
    .option("-n, --namespace <name>", "namespace; default: the context's", parseNamespace)
    .option("--context <name>", "context of the kubeconfig")
    .option("--kubeconfig <file>", "kubeconfig file; default: KUBECONFIG, then the home folder's")
    .option("--as <user>", "on whose behalf it is asked; needs the right to impersonate")
    .option("--as-group <group>", "with --as: a group of that user; may be repeated", collect, [])
    .addOption(
      new Option("--request-timeout <time>", "deadline of one request").argParser(parseTimeout).default(10_000, "10s"),
    );
}

/** Cluster options before the command, as kubectl takes them, stand behind it: there it reads them. */
export function commandFirst(words: readonly string[]): readonly string[] {
  const { options } = withCluster(new Command());
  const shorts = options.flatMap(({ short }) => (short === undefined ? [] : [short]));
  const names = [...shorts, ...options.map(({ long }) => long)];
  let at = 0;
  for (const [index, word] of words.entries()) {
    if (index < at) continue;
    if (!word.startsWith("-")) break;
    const isAlone = names.includes(word);
    if (!isAlone && !names.includes(word.split("=")[0]) && !shorts.includes(word.slice(0, 2))) return words;
    at = index + (isAlone ? 2 : 1);
  }
  const command = words[at];
  return command === undefined ? words : [command, ...words.slice(0, at), ...words.slice(at + 1)];
}

/** Connects, runs and closes. */
export async function connected(
  options: ClusterOptions,
  around: Surroundings,
  run: (connection: Connected) => Promise<number>,
): Promise<number> {
  const { kubeconfig, context, requestTimeout, as, asGroup } = options;
  if (as === undefined && asGroup.length > 0) {
    around.terminal.warn("--as-group: expected --as beside it, which says who is in that group");
    return exitCodes.error;
  }
  const connection = await around.connect({ kubeconfig, context, deadlineMs: requestTimeout, as, groups: asGroup });
  try {
    return await run({ ...connection, namespace: options.namespace ?? connection.namespace });
  } catch (fault) {
    const { cameFrom } = await import("#output/tell-fault.ts");
    const { server, proxy } = connection;
    cameFrom(fault, proxy === undefined ? server : `${server} (by the proxy ${proxy})`);
    throw fault;
  } finally {
    await connection.close();
  }
}

/**
 * The options that say which cluster and who, each with a space before it, for a command that is copied into a shell:
 * `reached` where that may be any shell, whose context is another one or will be.
 */
export function flagsOf(
  given: Pick<ClusterOptions, "context" | "kubeconfig" | "as" | "asGroup">,
  reached?: Pick<Connected, "context" | "kubeconfig">,
): string {
  const { context = reached?.context, kubeconfig = reached?.kubeconfig, as, asGroup } = given;
  const options: readonly (readonly [string, string])[] = [
    ["--context", context ?? ""],
    ["--kubeconfig", kubeconfig === undefined ? "" : resolve(kubeconfig)],
    ["--as", as ?? ""],
    ...asGroup.map((group) => ["--as-group", group] as const),
  ];
  return options.map(([flag, value]) => (value === "" ? "" : ` ${flag} ${quoted(value)}`)).join("");
}

/** As one word of a shell. */
function quoted(value: string): string {
  return /^[\w@%+:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

/** `10s`, `1m` or whole seconds, in ms. */
function parseTimeout(text: string): number {
  const ms = /^\d{1,5}$/.test(text) ? Number(text) * 1000 : durationMs(text);
  if (ms <= 0 || ms > 3_600_000) throw new InvalidArgumentError("expected a time from 1ms to 1h, such as 10s");
  return ms;
}
