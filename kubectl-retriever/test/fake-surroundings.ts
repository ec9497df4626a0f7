// What a command line needs of the outside, in a test: a cluster of parts, files in memory, a terminal that remembers.
import type { KubeConnection } from "@retriever/operator/kube/kube-access.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { FakeClock } from "@retriever/operator/test/fakes/fake-clock.ts";
import type { Files } from "#files/files.ts";
import { scenarioLibrary } from "#files/scenario-library.ts";
import type { KubeClient } from "#kube-client.ts";
import type { ConnectOptions, Surroundings } from "#surroundings.ts";
import { makeFakeTerminal } from "./fake-terminal.ts";

type Parts = {
  /** What isn't given throws when it is used. */
  readonly client?: Partial<KubeClient>;
  readonly request?: KubeRequest;
  readonly readChain?: (of: unknown) => Promise<unknown>;
  readonly readReport?: () => Promise<Readonly<Record<string, string>> | undefined>;
  readonly files?: Pick<Files, "read" | "write"> & Partial<Files>;
  readonly terminal?: ReturnType<typeof makeFakeTerminal>;
};

/** Surroundings, and how they were connected. */
export function makeFakeSurroundings(parts: Parts) {
  const { client = {}, readChain, readReport, files, terminal = makeFakeTerminal() } = parts;
  const request = parts.request ?? (() => Promise.reject(new Error("no request is expected")));
  const connections: ConnectOptions[] = [];
  const clock = new FakeClock();
  const stop = new AbortController();
  const usable: Files = {
    read: async () => "",
    write: async () => undefined,
    create: async () => undefined,
    manifestsIn: async () => undefined,
    ...files,
  };
  const around: Surroundings = {
    terminal,
    clock,
    connect: async (options) => {
      connections.push(options);
      return {
        client: client as KubeClient,
        kube: {} as KubeConnection,
        request,
        evidence: {
          readChain: (readChain ?? (async () => undefined)) as never,
          readReport: readReport ?? (async () => undefined),
        },
        namespace: "search",
        server: "https://api",
        context: "prod-eu",
        kubeconfig: undefined,
        clockAheadMs: () => 0,
        close: async () => undefined,
      };
    },
    files: { manifests: usable, traffic: usable, evidence: usable },
    scenarios: scenarioLibrary,
    workers: { count: 2, entry: new URL("../src/runs/run-worker.ts", import.meta.url) },
    signal: stop.signal,
  };
  return { around, connections, clock, stop };
}
