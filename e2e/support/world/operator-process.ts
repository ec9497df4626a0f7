// The real operator as a process of its own: started with settings, paused, killed without warning, started again.
// Nothing is shared with it but the cluster.
import { fileURLToPath } from "node:url";
import { type ProcessOptions, startProcess, type WatchedProcess } from "#support/process/start-process.ts";
import { nodeArgumentsOf } from "../../../tools/images/image-config.ts";

const main = fileURLToPath(import.meta.resolve("@retriever/operator/main.ts"));

export type OperatorOptions = Pick<ProcessOptions<true>, "logFile" | "withChannel"> & {
  readonly kubeconfig: string;
  readonly namespaces: readonly string[];
  /** Settings beyond these: the whole environment beside PATH. */
  readonly env?: ProcessOptions<true>["env"];
  /** Before the script's name, beside those of the image. */
  readonly nodeArguments?: readonly string[];
};

/** Starts it as its image does. Without a file for its log it resolves when it says that it starts; it may lead later. */
export function startOperator(options: OperatorOptions): Promise<WatchedProcess<true>> {
  const { kubeconfig, namespaces, env, nodeArguments = [], ...more } = options;
  return startProcess({
    command: process.execPath,
    args: [...nodeArgumentsOf("operator"), ...nodeArguments, main],
    env: {
      RETRIEVER_KUBECONFIG: kubeconfig,
      RETRIEVER_NAMESPACES: namespaces.join(","),
      RETRIEVER_LISTEN: "127.0.0.1:0",
      ...env,
    },
    readLine: isStarting,
    deadlineMs: 60_000,
    ...more,
  });
}

function isStarting(line: string): true | undefined {
  if (!line.startsWith("{")) return undefined;
  const { msg } = JSON.parse(line) as { readonly msg?: string };
  return msg === "starting" ? true : undefined;
}

export type RestartableOperator = {
  /** SIGKILL, then a new process: nothing but the cluster remembers what was going on. */
  readonly killAndRestart: () => Promise<void>;
  /** SIGKILL alone; `killAndRestart` starts it again. */
  readonly kill: () => Promise<unknown>;
  readonly stop: () => Promise<unknown>;
};

/** Starts an operator without leader election: there is one replica. */
export async function startRestartable(options: OperatorOptions): Promise<RestartableOperator> {
  const env = { ...process.env, RETRIEVER_LEADER_ELECTION: "false", ...options.env };
  const start = () => startOperator({ ...options, env });
  let current = await start();
  const kill = () => {
    current.signal("SIGKILL");
    return current.ended;
  };
  return {
    killAndRestart: async () => {
      await kill();
      current = await start();
    },
    kill,
    stop: () => current.stop(),
  };
}
