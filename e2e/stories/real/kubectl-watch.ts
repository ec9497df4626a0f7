// What a person sees who follows a migration: `kubectl get rmig --watch`, kept for the summary of `make e2e`.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { startProcess } from "#support/process/start-process.ts";
import { givenCluster } from "./given-cluster.ts";

export const transcriptName = "transcript.txt";
const longestSeconds = 600;

/** Begins to follow the migrations of a namespace; `stop` resolves with the lines so far, and keeps them. */
export async function followByKubectl(namespace: string): Promise<{ readonly stop: () => Promise<string> }> {
  const { binaries, adminKubeconfig, figures } = givenCluster();
  if (binaries === undefined) throw new Error("there is no kubectl of this cluster here");
  const words = ["get", "rmig", "--namespace", namespace, "--watch", `--request-timeout=${longestSeconds}s`];
  const args = ["--kubeconfig", adminKubeconfig, ...words];
  const kubectl = await startProcess({ command: join(binaries, "kubectl"), args, env: process.env });
  return {
    stop: async () => {
      await kubectl.stop();
      const lines = kubectl.output();
      appendFileSync(join(figures, "..", transcriptName), `$ kubectl ${words.slice(0, 5).join(" ")}\n${lines}`);
      return lines;
    },
  };
}
