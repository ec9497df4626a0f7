// The commands that look at a cluster, and their options.
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { exitCodes } from "#output/exit-codes.ts";
import type { Connected, End, Surroundings } from "#surroundings.ts";
import { type Writing, writings } from "./check/check-item.ts";
import { type ClusterOptions, connected, withCluster } from "./cluster-options.ts";
import { durationMs, fileToWrite } from "./options.ts";
import { collectNamespaces, parseMigrationName, parseNamespace } from "./typed-names.ts";

const operatorNamespaceHelp = "namespace of the operator, where leases of all namespaces may not be listed";

/** status, check, init, evidence, replay, report, support-bundle, version. */
export function addClusterCommands(program: Command, around: Surroundings, end: End): void {
  addStatus(program, around, end);
  addCheck(program, around, end);
  addInit(program, around, end);
  addEvidence(program, around, end);
  addReport(program, around, end);
  addSupportBundle(program, around, end);
  addVersion(program, around, end);
}

function addStatus(program: Command, around: Surroundings, end: End): void {
  withCluster(program.command("status"))
    .description("Show where a migration stands and why it goes no further")
    .argument("<name>", "name of the RetrieverMigration", parseMigrationName)
    .option("-w, --watch", "show it again and again until it has ended", false)
    .addOption(new Option("-o, --output <form>", "the whole object instead").choices(["json", "yaml", "name"]))
    .action(async (name: string, options: ClusterOptions & { watch: boolean; output?: "json" | "yaml" | "name" }) => {
      const { showStatus } = await import("./show/status.ts");
      const { watch, output = "text" } = options;
      end(
        await connected(options, around, (connection) =>
          showStatus(
            { namespace: connection.namespace, name, watch, output },
            { ...around, ...connection },
            around.signal,
          ),
        ),
      );
    });
}

type CheckOptions = ClusterOptions & {
  readonly in: readonly string[];
  readonly idle: boolean;
  readonly for?: string;
  readonly data: readonly Writing[];
  readonly operatorNamespace?: string;
  readonly actIdentity: "proved" | "trusted";
  readonly leaderWithin: number;
  readonly output?: "json" | "yaml";
};

function addCheck(program: Command, around: Surroundings, end: End): void {
  withCluster(program.command("check"))
    .description("Check the cluster (definitions, operator, versions, approvals), or one workload's readiness (--for)")
    .addOption(
      new Option("--for <workload>", "what a migration of this workload lacks, e.g. deployment/search-api")
        .argParser(parseWorkload)
        .conflicts(["in", "idle", "leaderWithin"]),
    )
    .addOption(
      new Option("--data <what>", "beside --for: what is to write to a store, copy, sync or repair, once for each")
        .argParser(collectWriting)
        .default([], "what has its CronJob")
        .conflicts(["in", "idle"]),
    )
    .option("--in <namespace>", "namespace to look at, once for each; default: all", collectNamespaces, [])
    .addOption(new Option("--idle", "refuse while a migration is under way, and look at nothing else").default(false))
    .option("--operator-namespace <name>", operatorNamespaceHelp, parseNamespace)
    .addOption(
      new Option("--act-identity <how>", "as the operator is set: trusted lets approvals count without proof")
        .choices(["proved", "trusted"])
        .default("proved"),
    )
    .addOption(
      new Option("--leader-within <time>", "how long an operator may take to lead, e.g. 1m after an installation")
        .argParser(parseLeaderTime)
        .default(0, "0s"),
    )
    .addOption(new Option("-o, --output <form>", "as data").choices(["json", "yaml"]).conflicts("idle"))
    .action(async (options: CheckOptions) =>
      end(await connected(options, around, (connection) => runCheck(options, { ...around, ...connection }))),
    );
}

async function runCheck(options: CheckOptions, tools: Surroundings & Connected): Promise<number> {
  const {
    in: namespaces,
    for: name,
    idle,
    data,
    operatorNamespace,
    actIdentity,
    leaderWithin: leaderWithinMs,
    output,
  } = options;
  const { signal, namespace } = tools;
  if (idle) return (await import("./check/check-idle.ts")).checkIdle(namespaces, tools, signal);
  if (name === undefined && data.length > 0) {
    tools.terminal.warn("--data: expected --for beside it, which says what workload it is about");
    return exitCodes.error;
  }
  if (name === undefined) {
    const { checkCluster } = await import("./check/check-cluster.ts");
    return checkCluster({ namespaces, operatorNamespace, actIdentity, leaderWithinMs, output }, tools, signal);
  }
  const { checkTarget } = await import("./check/check-target.ts");
  return checkTarget({ namespace, name, operatorNamespace, data, actIdentity, output }, tools, signal);
}

function addInit(program: Command, around: Surroundings, end: End): void {
  withCluster(program.command("init"))
    .description("Print a first manifest for a workload as it stands, with what is left to fill in")
    .addArgument(
      new Argument("<workload>", "the workload that moves, e.g. deployment/search-api").argParser(parseWorkload),
    )
    .addOption(
      new Option("--to <kind>", "kind of the destination; default: the one that doesn't serve").choices([
        "qdrant",
        "pgvector",
      ]),
    )
    .action(async (workload: string, { to, ...options }: ClusterOptions & { to?: "qdrant" | "pgvector" }) => {
      const { initMigration } = await import("./show/init.ts");
      end(
        await connected(options, around, ({ request, namespace }) =>
          initMigration({ namespace, workload, to }, { request, ...around }, around.signal),
        ),
      );
    });
}

function collectWriting(word: string, before: readonly Writing[]): readonly Writing[] {
  const writing = writings.find((each) => each === word);
  if (writing === undefined) throw new InvalidArgumentError(`expected one of ${writings.join(", ")}`);
  return [...before, writing];
}

function parseLeaderTime(text: string): number {
  const ms = durationMs(text);
  if (ms <= 0 || ms > 3_600_000) throw new InvalidArgumentError("expected a time from 1s to 1h, such as 1m");
  return ms;
}

/** The name in `deployment/NAME`, as kubectl writes it. */
function parseWorkload(text: string): string {
  const [, name] = /^(?:deployments?(?:\.apps)?|deploy)\/([a-z0-9][-a-z0-9.]*)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError("expected deployment/NAME: migrations move Deployments");
  return name;
}

function addEvidence(program: Command, around: Surroundings, end: End): void {
  const { terminal } = around;
  const files = around.files.evidence;
  withCluster(program.command("evidence"))
    .description(
      "Take a migration's evidence out of the cluster: one JSON line per record, each bound to the one before",
    )
    .argument("<name>", "name of the RetrieverMigration", parseMigrationName)
    .option("-o, --output <file>", "file to write; default: the standard output")
    .action(async (name: string, options: ClusterOptions & { output?: string }) => {
      const output = fileToWrite(options.output);
      const { collectEvidence } = await import("./show/evidence.ts");
      end(
        await connected(options, around, ({ client, evidence, namespace }) =>
          collectEvidence({ namespace, name, output }, { client, evidence, files, terminal }, around.signal),
        ),
      );
    });
  program
    .command("replay")
    .description("Prove an evidence file and decide everything in it again; needs no cluster")
    .argument("<file>", "what `evidence` wrote; - is the standard input")
    .option("--html <file>", "write the report of the migration as a page")
    .action(async (file: string, { html }: { html?: string }) => {
      const { replayFile } = await import("./offline/replay.ts");
      end(await replayFile(file, html, files, terminal));
    });
}

type ReportOptions = ClusterOptions & {
  readonly evidence?: string;
  readonly output: "html" | "md" | "json";
  readonly outputFile?: string;
};

function addReport(program: Command, around: Surroundings, end: End): void {
  const { terminal, signal } = around;
  const files = around.files.evidence;
  withCluster(program.command("report"))
    .description(
      "Write what a migration did as one file: result, variance, timeline, decisions, acts, impact, follow-ups",
    )
    .argument("[name]", "name of the RetrieverMigration", parseMigrationName)
    .option("--evidence <file>", "from what `evidence` wrote, without a cluster; - is the standard input")
    .addOption(new Option("-o, --output <form>", "form of the report").choices(["html", "md", "json"]).default("md"))
    .option("-O, --output-file <file>", "file to write; default: the standard output")
    .action(async (name: string | undefined, options: ReportOptions, command: Command) => {
      const { evidence: file, output: form, outputFile } = options;
      const output = { form, file: fileToWrite(outputFile) };
      if ((name === undefined) === (file === undefined))
        command.error("error: expected the name of a migration, or --evidence FILE");
      const { reportFile, reportMigration } = await import("./show/report.ts");
      if (file !== undefined) return end(await reportFile(file, output, { files, terminal }));
      end(
        await connected(options, around, ({ client, evidence, namespace }) =>
          reportMigration({ namespace, name: name ?? "", output }, { client, evidence, files, terminal }, signal),
        ),
      );
    });
}

type BundleOptions = ClusterOptions & { readonly operatorNamespace?: string; readonly outputFile?: string };

function addSupportBundle(program: Command, around: Surroundings, end: End): void {
  const files = around.files.evidence;
  withCluster(program.command("support-bundle"))
    .description(
      "Write what somebody who helps needs to see into one archive, as far as you may read it; what looks like a secret is taken out",
    )
    .argument(
      "[name]",
      "name of the RetrieverMigration; default: all of the namespace, at most ten",
      parseMigrationName,
    )
    .option(
      "--operator-namespace <name>",
      "namespace of the operator, for its logs; default: found by its lease, where leases may be listed",
      parseNamespace,
    )
    .option("-O, --output-file <file>", "file to write, .tar.gz; default: a new one in this folder")
    .action(async (name: string | undefined, { operatorNamespace, outputFile, ...options }: BundleOptions) => {
      const { makeSupportBundle } = await import("./show/support-bundle.ts");
      end(
        await connected(options, around, (connection) =>
          makeSupportBundle(
            { namespace: connection.namespace, name, operatorNamespace, file: outputFile },
            { ...connection, ...around, files },
            around.signal,
          ),
        ),
      );
    });
}

type VersionOptions = ClusterOptions & {
  readonly allNamespaces: boolean;
  readonly client: boolean;
  readonly operatorNamespace?: string;
  readonly output?: "json" | "yaml";
};

function addVersion(program: Command, around: Surroundings, end: End): void {
  withCluster(program.command("version"))
    .description("Show the releases of this program, the API server, its definitions, the operator and the sidecars")
    .option("--client", "of this program alone, without a cluster", false)
    .option("-A, --all-namespaces", "sidecars of all namespaces", false)
    .option("--operator-namespace <name>", operatorNamespaceHelp, parseNamespace)
    .addOption(new Option("-o, --output <form>", "as data").choices(["json", "yaml"]))
    .action(async ({ allNamespaces, client, operatorNamespace, output, ...options }: VersionOptions) => {
      const { showClientVersion, showVersions } = await import("./check/version.ts");
      // Told before anything is asked: it is known also where nobody answers.
      if (client || output === undefined) end(await showClientVersion(output, around.terminal));
      if (client) return;
      end(
        await connected(options, around, ({ request, namespace }) =>
          showVersions(
            { namespace: allNamespaces ? undefined : namespace, operatorNamespace, output },
            request,
            around,
            around.signal,
          ),
        ),
      );
    });
}
