// A person at a terminal: the real command-line tools as processes of their own.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileCache } from "#support/compile-cache.ts";
import { type RunResult, runToEnd } from "#support/process/run-to-end.ts";
import { namespace } from "./application-manifests.ts";

const kubectlPlugin = join(import.meta.dirname, "../../../kubectl-retriever/src/main.ts");
const dataTool = fileURLToPath(import.meta.resolve("@retriever/data/main.ts"));

/** Runs `kubectl-retriever WORDS` against a cluster. */
export function kubectlRetriever(kubeconfig: string, words: readonly string[]): Promise<RunResult> {
  return retrieverOffline([...words, "--namespace", namespace, "--kubeconfig", kubeconfig]);
}

/** Runs `kubectl-retriever WORDS` as it is; for commands that need no cluster. */
export function retrieverOffline(words: readonly string[]): Promise<RunResult> {
  return runToEnd(process.execPath, [kubectlPlugin, ...words]);
}

/** Runs `retriever-data WORDS` in this environment alone. */
export function retrieverData(words: readonly string[], env: Readonly<Record<string, string>>): Promise<RunResult> {
  return runToEnd(process.execPath, [dataTool, ...words], { env: { ...compileCache(), ...env } });
}
