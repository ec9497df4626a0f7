// The commands and their options. Everything outside is passed in, so that a test can run a command whole.
import { asOperatorError, remedyOf } from "@retriever/operator/errors.ts";
import type { EvidenceReader } from "@retriever/operator/ports/audit-store.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { checkCluster } from "#commands/check-cluster.ts";
import { collectEvidence, replayFile } from "#commands/evidence.ts";
import { collect, durationMs } from "#commands/options.ts";
import { addPeopleCommands } from "#commands/people-commands.ts";
import { showStatus } from "#commands/status.ts";
import type { Files } from "#files/files.ts";
import { exitCodeOfFault, exitCodes } from "#output/exit-codes.ts";
import type { Terminal } from "#output/terminal.ts";
import type { KubeClient } from "./kube-client.ts";

export type ConnectOptions = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly deadlineMs: number;
};

export type Connected = {
  readonly client: KubeClient;
  readonly evidence: EvidenceReader;
  readonly namespace: string;
  readonly close: () => Promise<void>;
};

type Surroundings = {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly connect: (options: ConnectOptions) => Connected;
  /** Evidence is larger than a manifest. */
  readonly evidenceFiles: Files;
  readonly signal: AbortSignal;
  /** Commands that need something else than a cluster. */
  readonly extend?: (program: Command, end: (code: number) => void) => void;
};

type Shared = {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly requestTimeout: number;
};

/** Runs one command line (without node and script); resolves with the exit code, never rejects. */
export async function runCli(words: readonly string[], around: Surroundings): Promise<number> {
  let code: number = exitCodes.ok;
  const program = makeProgram(around, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...words], { from: "user" });
    return code;
  } catch (fault) {
    if (fault instanceof CommanderError) return fault.exitCode === 0 ? exitCodes.ok : exitCodes.error;
    const error = asOperatorError(fault);
    around.terminal.endFrames();
    around.terminal.warn(`${error.code}: ${error.message}`);
    around.terminal.warn(remedyOf(error.code));
    return around.signal.aborted ? exitCodes.interrupted : exitCodeOfFault(error);
  }
}

function makeProgram(around: Surroundings, end: (code: number) => void): Command {
  const { terminal } = around;
  const program = new Command("kubectl-retriever")
    .description("Show RetrieverMigrations and act on them")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.warn(text.trimEnd()),
    })
    .addHelpText(
      "after",
      "\nExit codes: 0 ok, 1 error, 2 refused, 3 waits for a person, 4 rolled back or stalled, 124 time-out, 130 interrupted",
    );

  shared(program.command("status"))
    .description("Show where a migration stands and why it goes no further")
    .argument("<name>", "name of the RetrieverMigration")
    .option("-w, --watch", "show it again and again until it has ended", false)
    .addOption(new Option("-o, --output <form>", "the whole object instead").choices(["json", "yaml"]))
    .action(async (name: string, options: Shared & { watch: boolean; output?: "json" | "yaml" }) => {
      end(
        await connected(options, around, ({ client, namespace }) =>
          showStatus(
            { namespace, name, watch: options.watch, output: options.output ?? "text" },
            { client, ...around },
            around.signal,
          ),
        ),
      );
    });

  shared(program.command("check"))
    .description("Check that the API is served, may be listed, and proves who acts")
    .option("--in <namespace>", "namespace to look at, once for each; default: all", collect, [])
    .option("--idle", "refuse while a migration is under way", false)
    .action(async (options: Shared & { in: readonly string[]; idle: boolean }) => {
      const asked = { namespaces: options.in, idle: options.idle };
      end(await connected(options, around, ({ client }) => checkCluster(asked, { client, ...around }, around.signal)));
    });

  addPeopleCommands({
    program,
    shared,
    run: async (options, act) => end(await connected(options as Shared, around, act)),
    terminal,
    files: around.evidenceFiles,
    now: () => around.clock.now(),
    signal: around.signal,
  });
  around.extend?.(program, end);
  addEvidenceCommands(program, around, end);
  return program;
}

function addEvidenceCommands(program: Command, around: Surroundings, end: (code: number) => void): void {
  const { terminal, evidenceFiles: files } = around;
  shared(program.command("evidence"))
    .description(
      "Take a migration's evidence out of the cluster: one JSON line per record, each bound to the one before",
    )
    .argument("<name>", "name of the RetrieverMigration")
    .option("-o, --output <file>", "file to write; default: the standard output")
    .action(async (name: string, options: Shared & { output?: string }) => {
      const { output } = options;
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
    .action(async (file: string) => {
      end(await replayFile(file, files, terminal));
    });
}

function shared(command: Command): Command {
  return command
    .option("-n, --namespace <name>", "namespace; default: the context's")
    .option("--context <name>", "context of the kubeconfig")
    .option("--kubeconfig <file>", "kubeconfig file; default: KUBECONFIG, then the home folder's")
    .option("--request-timeout <time>", "deadline of one request, e.g. 10s", parseTimeout, 10_000);
}

async function connected(
  options: Shared,
  around: Surroundings,
  run: (connection: Connected) => Promise<number>,
): Promise<number> {
  const { kubeconfig, context, requestTimeout } = options;
  const connection = around.connect({ kubeconfig, context, deadlineMs: requestTimeout });
  try {
    return await run({ ...connection, namespace: options.namespace ?? connection.namespace });
  } finally {
    await connection.close();
  }
}

/** `10s`, `1m` or whole seconds, in ms. */
function parseTimeout(text: string): number {
  const ms = /^\d{1,5}$/.test(text) ? Number(text) * 1000 : durationMs(text);
  if (ms <= 0 || ms > 3_600_000) throw new InvalidArgumentError("expected a time from 1ms to 1h, such as 10s");
  return ms;
}
