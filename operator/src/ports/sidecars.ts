// How the operator asks a sidecar what it does and what it has counted.
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";

export type WindowSpan = { readonly seconds: number; readonly offsetSeconds: number };

/** What a status should tell beside the totals. */
export type StatusQuestion = {
  readonly windows: readonly WindowSpan[];
  /** Where the closed bins begin, epoch seconds of the pod's wall clock; 0: all that it keeps. */
  readonly bins: number;
};

export type SidecarPeer = {
  readonly address: string;
  readonly port: number;
  /** Present: it is asked over TLS, and its certificate has to be for this name. */
  readonly serverName?: string;
};

export interface Sidecars {
  /** Throws with a coded error when the pod doesn't answer within its deadline, or not with a status. */
  readStatus(peer: SidecarPeer, question: StatusQuestion, signal: AbortSignal): Promise<SidecarStatus>;
}
