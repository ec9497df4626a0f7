// Events: one storage behind two groups, as in a real API server; events.k8s.io is converted from and to core.
// Pure.
import type { KubeObject } from "../model/json.ts";

/** Field names of core by those of events.k8s.io, where they differ. */
const coreNames: ReadonlyMap<string, string> = new Map([
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
]);
const newerNames: ReadonlyMap<string, string> = new Map([...coreNames].map(([newer, core]) => [core, newer]));

/** Fields under the names of events.k8s.io. */
export function fromCoreNames<T>(fields: { readonly [name: string]: T }): { [name: string]: T } {
  return rename(fields, newerNames);
}

function rename<T>(fields: { readonly [name: string]: T }, names: ReadonlyMap<string, string>): { [name: string]: T } {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [names.get(name) ?? name, value]));
}

export function toCoreEvent(object: KubeObject): KubeObject {
  return { ...rename(object, coreNames), apiVersion: "v1", kind: "Event", metadata: object.metadata };
}

export function fromCoreEvent(object: KubeObject): KubeObject {
  return { ...fromCoreNames(object), apiVersion: "events.k8s.io/v1", kind: "Event", metadata: object.metadata };
}
