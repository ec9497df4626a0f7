// What a person sees who follows a migration: `kubectl get rmig --watch`, kept for the summary of `make e2e`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { givenCluster } from "./given-cluster.ts";

export const transcriptName = "transcript.txt";
const longestSeconds = 600;

/** Begins to follow the migrations of a namespace; `stop` resolves with the lines so far, and keeps them. */
export function followByKubectl(namespace: string): { readonly stop: () => Promise<string> } {
  const { binaries, adminKubeconfig, figures } = givenCluster();
  if (binaries === undefined) throw new Error("there is no kubectl of this cluster here");
  const words = ["get", "rmig", "--namespace", namespace, "--watch", `--request-timeout=${longestSeconds}s`];
  const child = spawn(join(binaries, "kubectl"), ["--kubeconfig", adminKubeconfig, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let lines = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    lines += text;
  });
  return {
    stop: async () => {
      const ended = once(child, "close");
      child.kill("SIGTERM");
      await ended;
      appendFileSync(join(figures, "..", transcriptName), `$ kubectl ${words.slice(0, 5).join(" ")}\n${lines}`);
      return lines;
    },
  };
}
