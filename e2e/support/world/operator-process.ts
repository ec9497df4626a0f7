// The real operator as a process of its own: started, killed without warning, started again.
// Nothing is shared with it but the cluster.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { join } from "node:path";

const repository = join(import.meta.dirname, "../../..");

export type OperatorOptions = {
  readonly kubeconfig: string;
  readonly namespace: string;
  /** File that gets everything the operator logs. */
  readonly logFile: string;
  /** Settings beyond these, as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
};

export type OperatorProcess = {
  /** SIGKILL, then a new process: nothing but the cluster remembers what was going on. */
  readonly killAndRestart: () => Promise<void>;
  /** SIGKILL alone; `killAndRestart` starts it again. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Starts the operator without leader election: there is one replica. */
export function startOperator({ kubeconfig, namespace, logFile, env }: OperatorOptions): OperatorProcess {
  const log = openSync(logFile, "a");
  const start = (): ChildProcess =>
    spawn(process.execPath, [join(repository, "operator/src/main.ts")], {
      stdio: ["ignore", log, log],
      env: {
        ...process.env,
        RETRIEVER_KUBECONFIG: kubeconfig,
        RETRIEVER_NAMESPACES: namespace,
        RETRIEVER_LISTEN: "127.0.0.1:0",
        RETRIEVER_LEADER_ELECTION: "false",
        ...env,
      },
    });
  let current = start();
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    if (current.exitCode !== null || current.signalCode !== null) return;
    const gone = once(current, "exit");
    current.kill(signal);
    await gone;
  };
  return {
    killAndRestart: async () => {
      await end("SIGKILL");
      current = start();
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}
