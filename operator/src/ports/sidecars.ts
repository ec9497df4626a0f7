// How the operator asks a sidecar what it does and what it has counted.
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import type { PodPeer } from "#core/model/pod-peer.ts";

export type WindowSpan = { readonly seconds: number; readonly offsetSeconds: number };

/** What a status should tell beside the totals. */
export type StatusQuestion = {
  readonly windows: readonly WindowSpan[];
  /** Where the closed bins begin, epoch seconds of the pod's wall clock; 0: all that it keeps. */
  readonly bins: number;
};

export interface Sidecars {
  /** Throws with a coded error when the pod doesn't answer within its deadline, not with a status, or proves too little. */
  readStatus(peer: PodPeer, question: StatusQuestion, signal: AbortSignal): Promise<SidecarStatus>;
}
