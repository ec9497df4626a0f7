// The operator as its own process, beside the bench: started with settings, paused, continued, watched for its end.
// Nothing is shared with it but the API.
import { join } from "node:path";
import { nodeArgumentsOf } from "#clusters/real/image-config.ts";
import { startProcess, type WatchedProcess } from "#support/sidecar/watched-process.ts";

const main = join(import.meta.dirname, "../../../operator/src/main.ts");
const startDeadlineMs = 60_000;

export type BenchOperatorOptions = {
  readonly kubeconfig: string;
  readonly namespaces: readonly string[];
  /** Settings beyond these, as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Before the script's name, beside those of the image. */
  readonly nodeArguments?: readonly string[];
};

export type BenchOperator = Pick<WatchedProcess<unknown>, "pid" | "output" | "isRunning" | "stop"> & {
  readonly signal: (name: "SIGSTOP" | "SIGCONT" | "SIGKILL") => void;
};

/** Resolves when it says that it starts; it may lead later, or never. */
export async function startBenchOperator(options: BenchOperatorOptions): Promise<BenchOperator> {
  const { kubeconfig, namespaces, env, nodeArguments = [] } = options;
  const child = await startProcess<true>({
    command: process.execPath,
    args: [...nodeArgumentsOf("operator"), ...nodeArguments, main],
    env: {
      RETRIEVER_KUBECONFIG: kubeconfig,
      RETRIEVER_NAMESPACES: namespaces.join(","),
      RETRIEVER_LISTEN: "127.0.0.1:0",
      RETRIEVER_EVIDENCE_LOG: "false",
      RETRIEVER_ACT_IDENTITY: "trusted",
      ...env,
    },
    readLine: isStarting,
    deadlineMs: startDeadlineMs,
  });
  const { pid, output, isRunning, stop } = child;
  return {
    pid,
    output,
    isRunning,
    stop,
    signal: (name) => {
      if (isRunning()) process.kill(pid, name);
    },
  };
}

function isStarting(line: string): true | undefined {
  if (!line.startsWith("{")) return undefined;
  const { msg } = JSON.parse(line) as { readonly msg?: string };
  return msg === "starting" ? true : undefined;
}
