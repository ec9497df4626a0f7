// What a command line needs of the outside: passed in, so that a test can run a command whole.

import type { KubeConnection } from "@retriever/operator/kube/kube-access.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import type { EvidenceReader } from "@retriever/operator/ports/audit-store.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import type { Files } from "#files/files.ts";
import type { Terminal } from "#output/terminal.ts";
import type { KubeClient } from "./kube-client.ts";

export type ConnectOptions = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly deadlineMs: number;
  /** On whose behalf every request is made. */
  readonly as: string | undefined;
  readonly groups: readonly string[];
};

export type Connected = {
  readonly client: KubeClient;
  /** For a watch. */
  readonly kube: KubeConnection;
  /** One call, for what the client has no name for. */
  readonly request: KubeRequest;
  readonly evidence: EvidenceReader;
  readonly namespace: string;
  readonly server: string;
  /** `host:port` by which the server is reached; undefined: directly. */
  readonly proxy?: string | undefined;
  /** Name of the kubeconfig's context; empty in a pod. */
  readonly context: string;
  /** The file that the context is in, where a shell has to be told of it and one file is enough. */
  readonly kubeconfig: string | undefined;
  /** How far this machine's clock is ahead of the API server's, ms; 0 where they agree, and before the first answer. */
  readonly clockAheadMs: () => number;
  readonly close: () => Promise<void>;
};

export type Surroundings = {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly connect: (options: ConnectOptions) => Promise<Connected>;
  /** Each kind has a size that no file of it exceeds. */
  readonly files: { readonly manifests: Files; readonly traffic: Files; readonly evidence: Files };
  /** Scenarios by name, as files. */
  readonly scenarios: () => Readonly<Record<string, string>>;
  /** Threads that many rehearsals are played on, and the file with which each begins. */
  readonly workers: { readonly count: number; readonly entry: URL };
  readonly signal: AbortSignal;
};

/** Told of a command's exit code. */
export type End = (code: number) => void;
