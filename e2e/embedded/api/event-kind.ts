// Events: one storage behind two groups, as in a real API server; events.k8s.io is converted from and to core.
// Pure.
import type { Cause } from "./failure.ts";
import { isObject, type JsonObject, type KubeObject, textOf, valueAt } from "./json.ts";

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
  return { ...(Object.fromEntries(fields) as JsonObject), apiVersion, kind: "Event", metadata: object.metadata };
}

export function toCoreEvent(object: KubeObject): KubeObject {
  return rename(object, "v1", new Map(renamed));
}

export function fromCoreEvent(object: KubeObject): KubeObject {
  return rename(object, "events.k8s.io/v1", new Map(renamed.map(([left, right]) => [right, left])));
}

/** Faults of an event, in either form. */
export function checkEvent(object: KubeObject, old: KubeObject | undefined): readonly Cause[] {
  const modern = object.apiVersion === "events.k8s.io/v1";
  const about = modern ? "regarding" : "involvedObject";
  const namespace = textOf(valueAt(object, about, "namespace"));
  const own = object.metadata.namespace ?? "";
  const faults: Cause[] = [];
  if (!isObject(object[about])) faults.push({ reason: "FieldValueRequired", field: about, message: "Required value" });
  else if (namespace === "" ? own !== "default" : namespace !== own) {
    faults.push({
      reason: "FieldValueInvalid",
      field: `${about}.namespace`,
      message: `Invalid value: ${JSON.stringify(namespace)}: does not match event.namespace`,
    });
  }
  if (!modern || old !== undefined) return faults;
  for (const name of ["eventTime", "reportingController", "reportingInstance", "action", "reason"]) {
    if (textOf(object[name]) === "")
      faults.push({ reason: "FieldValueRequired", field: name, message: "Required value" });
  }
  if (object["type"] !== "Normal" && object["type"] !== "Warning") {
    faults.push({
      reason: "FieldValueInvalid",
      field: "type",
      message: `Invalid value: ${JSON.stringify(object["type"] ?? "")}: has invalid value`,
    });
  }
  if (textOf(object["note"]).length > 1024)
    faults.push({
      reason: "FieldValueInvalid",
      field: "note",
      message: "Invalid value: can have at most 1024 characters",
    });
  return faults;
}
