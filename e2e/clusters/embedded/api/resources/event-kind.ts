// Events: one storage behind two groups, as in a real API server; events.k8s.io is converted from and to core.
// Pure.
import type { KubeObject } from "../model/json.ts";

/** Field names: events.k8s.io on the left, core on the right. */
const renamed: readonly (readonly [string, string])[] = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
];

function rename(object: KubeObject, apiVersion: string, names: ReadonlyMap<string, string>): KubeObject {
  const fields = Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value] as const);
  return { ...Object.fromEntries<unknown>(fields), apiVersion, kind: "Event", metadata: object.metadata };
}

export function toCoreEvent(object: KubeObject): KubeObject {
  return rename(object, "v1", new Map(renamed));
}

export function fromCoreEvent(object: KubeObject): KubeObject {
  return rename(object, "events.k8s.io/v1", new Map(renamed.map(([left, right]) => [right, left])));
}
