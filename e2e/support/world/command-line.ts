// A person at a terminal: the real kubectl-retriever as a process of its own.
// It is started and waited for; what its exit code means is judged by whoever asked.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { namespace } from "./application-manifests.ts";

const cli = join(import.meta.dirname, "../../../kubectl-retriever/src/main.ts");

export type CommandResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Runs `kubectl-retriever WORDS` against a cluster. Rejects when it doesn't end by itself within 20 s. */
export function kubectlRetriever(kubeconfig: string, words: readonly string[]): Promise<CommandResult> {
  return retrieverOffline([...words, "--namespace", namespace, "--kubeconfig", kubeconfig]);
}

/** Runs `kubectl-retriever WORDS` as it is; for commands that need no cluster. */
export function retrieverOffline(words: readonly string[]): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [cli, ...words], { timeout: 60_000 }, (fault, stdout, stderr) => {
      if (fault === null) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof fault.code === "number") resolve({ exitCode: fault.code, stdout, stderr });
      else reject(new Error(`kubectl-retriever ${words.join(" ")}: ${fault.message}`, { cause: fault }));
    });
  });
}
