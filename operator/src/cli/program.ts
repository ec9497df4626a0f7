// The commands and their options. Everything outside is passed in, so that a test can run a command whole.
import { durationPattern, durationSeconds } from "@retriever/crds/duration.ts";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { asOperatorError, remedyOf } from "#errors.ts";
import type { Clock } from "#ports/clock.ts";
import { actCommands, createAct } from "./act.ts";
import { exitCodeOfFault, exitCodes } from "./exit-codes.ts";
import type { KubeClient } from "./kube-client.ts";
import { showStatus } from "./status.ts";
import type { Terminal } from "./terminal.ts";

export type ConnectOptions = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly deadlineMs: number;
};

export type Connected = {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly close: () => Promise<void>;
};

export type Surroundings = {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly connect: (options: ConnectOptions) => Connected;
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
    .description("Look at RetrieverMigrations and act on them")
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

  for (const { command, act, about } of actCommands) {
    shared(program.command(command))
      .description(about)
      .argument("<name>", "name of the RetrieverMigration")
      .option("--reason <text>", "why, for the record", "")
      .action(async (name: string, options: Shared & { reason: string }) => {
        const { reason } = options;
        end(
          await connected(options, around, ({ client, namespace }) =>
            createAct({ namespace, name, act, reason }, client, terminal, around.signal),
          ),
        );
      });
  }
  around.extend?.(program, end);
  return program;
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
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : durationPattern.test(text) ? durationSeconds(text) : 0;
  if (seconds <= 0 || seconds > 3600) throw new InvalidArgumentError("expected a time from 1ms to 1h, such as 10s");
  return seconds * 1000;
}
