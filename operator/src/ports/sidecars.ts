// How the operator asks a sidecar what it does and what it has counted.
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";

export type WindowSpan = { readonly seconds: number; readonly offsetSeconds: number };

export interface Sidecars {
  /** Throws with a coded error when the pod doesn't answer within its deadline, or not with a status. */
  readStatus(
    address: string,
    port: number,
    windows: readonly WindowSpan[],
    signal: AbortSignal,
  ): Promise<SidecarStatus>;
}
