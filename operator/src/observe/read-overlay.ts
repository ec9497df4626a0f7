// The overlay as it stands in the cluster.
import { hash } from "node:crypto";
import { overlayFinalizer, overlayName } from "@retriever/sidecar/contract/names.ts";
import { maxOverlayChars, type Overlay, overlayFileName, overlaySchema } from "@retriever/sidecar/contract/overlay.ts";
import { parseKnown } from "@retriever/stores/config/known-fields.ts";
import type { Observation } from "#core/model/observation.ts";
import { intentAnnotation, parseIntent } from "#overlay-intent.ts";
import type { Cluster, ConfigMapRead } from "#ports/cluster.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";

/** The overlay's ConfigMap, read and parsed; `null` when there is none. */
export async function readOverlay(
  place: { readonly namespace: string; readonly target: string },
  cluster: Cluster,
  deadline: ReadDeadline,
): Promise<Observation["overlay"]> {
  const name = overlayName(place.target);
  const read = await attempt(deadline, `configmap ${name}`, (signal) =>
    cluster.readConfigMap(place.namespace, name, signal),
  );
  if (!read.ok) return read;
  return { ok: true, value: read.value === undefined ? null : toOverlay(read.value) };
}

function toOverlay(configMap: ConfigMapRead) {
  const text = configMap.data[overlayFileName] ?? "";
  return {
    ...(configMap.version === undefined ? {} : { version: configMap.version }),
    text,
    hash: hash("sha256", text),
    document: parseOverlay(text),
    hasFinalizer: configMap.finalizers.includes(overlayFinalizer),
    deleting: configMap.deleting,
    intent: parseIntent(configMap.annotations[intentAnnotation]),
    foreignManagers: configMap.foreignManagers,
  };
}

/**
 * A newer operator may have written it: its epoch and its owner count, whatever else it says. Null for what can't be read,
 * or is too long or too deep to be tried: no text in the ConfigMap may keep a rollback from being written over it.
 */
function parseOverlay(text: string): Overlay | null {
  if (text.length > maxOverlayChars) return null;
  try {
    return parseKnown(overlaySchema, JSON.parse(text) as unknown).data ?? null;
  } catch {
    return null;
  }
}
