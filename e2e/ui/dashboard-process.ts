// The dashboard as a person starts it.
import { join } from "node:path";
import { compileCache } from "#support/compile-cache.ts";
import { startProcess } from "#support/process/start-process.ts";

/** From the source; another command is the plugin as people get it. */
const source = [process.execPath, join(import.meta.dirname, "../../kubectl-retriever/src/main.ts")];

/** Announces its link. */
export function startDashboard(kubeconfig: string, [command = "", ...words]: readonly string[] = source) {
  return startProcess({
    command,
    args: [...words, "dashboard", "--all-namespaces", "--kubeconfig", kubeconfig],
    env: compileCache(),
    readLine: (line) => /^http:\/\/127\.0\.0\.1:\d+\/open\?token=\S+$/.exec(line)?.[0],
  });
}

export type Dashboard = Awaited<ReturnType<typeof startDashboard>>;
