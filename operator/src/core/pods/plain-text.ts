// Pods whose admin port is taken by a proxy that wants TLS, as in a mesh with strict mutual TLS: waiting doesn't end it.
import type { PodObservation } from "../model/workload.ts";
import { nameSome } from "./pods.ts";

/** Code of the read of such a sidecar. */
const plainTextRefused = "ROP_SIDECAR_PLAIN_TEXT_REFUSED";

export const plainTextReason = "PlainTextRefused";

/** Which pods, and what to do; undefined where there is none. */
export function describePlainTextRefused(serving: readonly PodObservation[]): string | undefined {
  const refusing = serving.filter(({ status }) => !status.ok && status.why.startsWith(plainTextRefused));
  if (refusing.length === 0) return undefined;
  const names = nameSome(refusing.map(({ name }) => name));
  return `port admin of ${names} is taken and answers no plain HTTP: except it from the mesh's strict mutual TLS`;
}
