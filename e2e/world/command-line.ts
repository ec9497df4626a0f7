// A person at a terminal: the real kubectl-retriever as a process of its own.
// It is started, waited for, and judged by its exit code.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { namespace } from "./application-manifests.ts";

const cli = join(import.meta.dirname, "../../operator/src/cli/main.ts");
const run = promisify(execFile);

/** Runs `kubectl-retriever WORDS`; resolves with what it printed, rejects with its error output when it fails. */
export async function kubectlRetriever(kubeconfig: string, words: readonly string[]): Promise<string> {
  const args = [cli, ...words, "--namespace", namespace, "--kubeconfig", kubeconfig];
  const { stdout } = await run(process.execPath, args, { timeout: 20_000 });
  return stdout;
}
