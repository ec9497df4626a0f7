// The built-in kinds that the double serves, and how each differs from plain storage.
// Tables and pure checks; no state.

import type { Cause } from "../model/failure.ts";
import { equal, isObject, type KubeObject, objectOf, textOf, valueAt } from "../model/json.ts";
import type { Schema } from "../schema/schema.ts";
import {
  configMapSchema,
  coreEventSchema,
  cronJobSchema,
  definitionSchema,
  deploymentSchema,
  eventsSchema,
  jobSchema,
  leaseSchema,
  namespaceSchema,
  podSchema,
} from "./builtin-schema.ts";
import { checkDefinition, completeDefinition } from "./definition.ts";
import { checkEvent, fromCoreEvent, toCoreEvent } from "./event-kind.ts";
import type { ResourceType } from "./resource-type.ts";

type Row = Pick<ResourceType, "group" | "version" | "plural" | "kind"> & {
  readonly schema: Schema;
} & Partial<ResourceType>;

function builtin(row: Row): ResourceType {
  return {
    namespaced: true,
    storage: `${row.group}/${row.plural}`,
    subresources: [],
    custom: false,
    unconditionalUpdate: true,
    createOnUpdate: false,
    hasGeneration: false,
    nameRule: "subdomain",
    ...row,
  };
}

function cause(reason: string, field: string, message: string): Cause {
  return { reason, field, message };
}

function required(field: string): Cause {
  return cause("FieldValueRequired", field, "Required value");
}

function completeNamespace(object: KubeObject, old: KubeObject | undefined): void {
  object["spec"] = old?.["spec"] ?? { finalizers: ["kubernetes"] };
  if (old === undefined) object["status"] = { phase: "Active" };
  object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name };
}

function completePod(object: KubeObject, old: KubeObject | undefined): void {
  if (old === undefined) object["status"] = { phase: "Pending", qosClass: "BestEffort" };
}

function checkPod(object: KubeObject, old: KubeObject | undefined): readonly Cause[] {
  const faults = checkContainers(valueAt(object, "spec", "containers"), "spec.containers");
  if (old === undefined || equal(old["spec"], object["spec"])) return faults;
  const assigned =
    textOf(valueAt(old, "spec", "nodeName")) === "" &&
    equal({ ...objectOf(object["spec"]), nodeName: undefined }, { ...objectOf(old["spec"]), nodeName: undefined });
  if (assigned) return faults;
  return [
    ...faults,
    cause(
      "FieldValueForbidden",
      "spec",
      "Forbidden: pod updates may not change fields other than `spec.containers[*].image`",
    ),
  ];
}

function checkContainers(value: unknown, path: string): readonly Cause[] {
  if (!Array.isArray(value) || value.length === 0) return [required(path)];
  return value.flatMap((container, index) =>
    textOf(valueAt(container, "name")) === "" ? [required(`${path}[${index}].name`)] : [],
  );
}

function checkDeployment(object: KubeObject, old: KubeObject | undefined): readonly Cause[] {
  const selector = valueAt(object, "spec", "selector", "matchLabels");
  const labels = objectOf(valueAt(object, "spec", "template", "metadata", "labels"));
  const faults: Cause[] = [];
  if (!isObject(selector) || Object.keys(selector).length === 0) faults.push(required("spec.selector"));
  else if (Object.entries(selector).some(([name, value]) => labels[name] !== value)) {
    faults.push(
      cause(
        "FieldValueInvalid",
        "spec.template.metadata.labels",
        `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
      ),
    );
  }
  const replicas = valueAt(object, "spec", "replicas");
  if (typeof replicas === "number" && replicas < 0) {
    faults.push(
      cause("FieldValueInvalid", "spec.replicas", `Invalid value: ${replicas}: must be greater than or equal to 0`),
    );
  }
  if (old !== undefined && !equal(valueAt(old, "spec", "selector"), valueAt(object, "spec", "selector"))) {
    faults.push(
      cause("FieldValueInvalid", "spec.selector", `Invalid value: ${JSON.stringify(selector)}: field is immutable`),
    );
  }
  return [
    ...faults,
    ...checkContainers(valueAt(object, "spec", "template", "spec", "containers"), "spec.template.spec.containers"),
  ];
}

function checkLease(object: KubeObject): readonly Cause[] {
  const faults: Cause[] = [];
  const duration = valueAt(object, "spec", "leaseDurationSeconds");
  const transitions = valueAt(object, "spec", "leaseTransitions");
  if (typeof duration === "number" && duration <= 0) {
    faults.push(
      cause("FieldValueInvalid", "spec.leaseDurationSeconds", `Invalid value: ${duration}: must be greater than 0`),
    );
  }
  if (typeof transitions === "number" && transitions < 0) {
    faults.push(
      cause(
        "FieldValueInvalid",
        "spec.leaseTransitions",
        `Invalid value: ${transitions}: must be greater than or equal to 0`,
      ),
    );
  }
  return faults;
}

function checkConfigMap(object: KubeObject): readonly Cause[] {
  const faults: Cause[] = [];
  const entries = Object.entries(objectOf(object["data"]));
  for (const [name] of entries) {
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(name) || name === "." || name === "..") {
      faults.push(
        cause(
          "FieldValueInvalid",
          `data[${name}]`,
          `Invalid value: ${JSON.stringify(name)}: a valid config key must consist of alphanumeric characters, '-', '_' or '.'`,
        ),
      );
    }
  }
  const size = entries.reduce((sum, [, value]) => sum + Buffer.byteLength(textOf(value)), 0);
  if (size > 1024 * 1024) faults.push(cause("FieldValueTooLong", "", "Too long: may not be more than 1048576 bytes"));
  return faults;
}

/** Every built-in kind. */
export const builtinTypes: readonly ResourceType[] = [
  builtin({
    group: "",
    version: "v1",
    plural: "namespaces",
    kind: "Namespace",
    namespaced: false,
    subresources: ["status"],
    schema: namespaceSchema,
    nameRule: "label",
    complete: completeNamespace,
  }),
  builtin({
    group: "",
    version: "v1",
    plural: "pods",
    kind: "Pod",
    subresources: ["status"],
    schema: podSchema,
    hasGeneration: true,
    complete: completePod,
    check: checkPod,
  }),
  builtin({
    group: "",
    version: "v1",
    plural: "configmaps",
    kind: "ConfigMap",
    schema: configMapSchema,
    check: checkConfigMap,
  }),
  builtin({
    group: "",
    version: "v1",
    plural: "events",
    kind: "Event",
    schema: coreEventSchema,
    createOnUpdate: true,
    check: checkEvent,
  }),
  builtin({
    group: "events.k8s.io",
    version: "v1",
    plural: "events",
    kind: "Event",
    storage: "/events",
    schema: eventsSchema,
    createOnUpdate: true,
    check: checkEvent,
    toStored: toCoreEvent,
    fromStored: fromCoreEvent,
  }),
  builtin({
    group: "apps",
    version: "v1",
    plural: "deployments",
    kind: "Deployment",
    subresources: ["status"],
    schema: deploymentSchema,
    hasGeneration: true,
    check: checkDeployment,
  }),
  builtin({
    group: "coordination.k8s.io",
    version: "v1",
    plural: "leases",
    kind: "Lease",
    schema: leaseSchema,
    unconditionalUpdate: false,
    createOnUpdate: true,
    check: checkLease,
  }),
  builtin({
    group: "batch",
    version: "v1",
    plural: "jobs",
    kind: "Job",
    subresources: ["status"],
    schema: jobSchema,
    hasGeneration: true,
  }),
  builtin({
    group: "batch",
    version: "v1",
    plural: "cronjobs",
    kind: "CronJob",
    subresources: ["status"],
    schema: cronJobSchema,
    hasGeneration: true,
  }),
  builtin({
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    namespaced: false,
    subresources: ["status"],
    schema: definitionSchema,
    hasGeneration: true,
    unconditionalUpdate: false,
    complete: completeDefinition,
    check: checkDefinition,
  }),
];
