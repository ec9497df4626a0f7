// Events: one storage behind two groups, as in a real API server; events.k8s.io is converted from and to core.
// Pure.
import type { Cause } from "../model/failure.ts";
import { isObject, type KubeObject, textOf, valueAt } from "../model/json.ts";

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

function cause(field: string, message: string, reason = "FieldValueInvalid"): Cause {
  return { reason, field, message };
}

/** Faults of an event, in either form. */
export function checkEvent(object: KubeObject, old: KubeObject | undefined): readonly Cause[] {
  const modern = object.apiVersion === "events.k8s.io/v1";
  const about = modern ? "regarding" : "involvedObject";
  if (!isObject(object[about])) return [cause(about, "Required value", "FieldValueRequired")];
  const namespace = textOf(valueAt(object, about, "namespace"));
  // Events about objects without a namespace live in `default`.
  const own = object.metadata.namespace ?? "";
  const fits = namespace === own || (namespace === "" && own === "default");
  const place = fits
    ? []
    : [cause(`${about}.namespace`, `Invalid value: ${JSON.stringify(namespace)}: does not match event.namespace`)];
  return modern && old === undefined ? [...place, ...modernFaults(object)] : place;
}

function modernFaults(object: KubeObject): Cause[] {
  const needed = ["eventTime", "reportingController", "reportingInstance", "action", "reason"];
  const faults = needed
    .filter((name) => textOf(object[name]) === "")
    .map((name) => cause(name, "Required value", "FieldValueRequired"));
  if (object["type"] !== "Normal" && object["type"] !== "Warning") {
    faults.push(cause("type", `Invalid value: ${JSON.stringify(object["type"] ?? "")}: has invalid value`));
  }
  if (textOf(object["note"]).length > 1024)
    faults.push(cause("note", "Invalid value: can have at most 1024 characters"));
  return faults;
}
