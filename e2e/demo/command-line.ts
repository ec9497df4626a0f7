// A person at a terminal: the real kubectl-retriever as a process of its own.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { namespace } from "./manifests.ts";

const cli = join(import.meta.dirname, "../../operator/src/cli/main.ts");
const run = promisify(execFile);

/** Runs `kubectl-retriever WORD NAME`; rejects with its error output when it fails. */
export async function kubectlRetriever(kubeconfig: string, word: string, name: string, reason: string): Promise<void> {
  const args = [cli, word, name, "--namespace", namespace, "--kubeconfig", kubeconfig, "--reason", reason];
  await run(process.execPath, args, { timeout: 20_000 });
}
