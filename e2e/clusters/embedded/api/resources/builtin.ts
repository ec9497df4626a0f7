// The built-in kinds that the double serves, and how each differs from plain storage.
// A table and what no schema can say; no state.

import type { Cause } from "../model/failure.ts";
import { type KubeObject, objectOf, textOf } from "../model/json.ts";
import type { Schema } from "../schema/schema.ts";
import {
  configMapSchema,
  cronJobSchema,
  definitionSchema,
  deploymentSchema,
  eventSchema,
  jobSchema,
  leaseSchema,
  namespaceSchema,
  podSchema,
} from "./builtin-schema.ts";
import { completeDefinition } from "./definition.ts";
import type { ResourceType } from "./resource-type.ts";

type Row = { readonly schema: Schema } & Partial<ResourceType>;

function builtin(apiVersion: string, kind: string, row: Row): ResourceType {
  const [version = "", group = ""] = apiVersion.split("/").toReversed();
  const plural = `${kind.toLowerCase()}s`;
  return {
    group,
    version,
    plural,
    kind,
    namespaced: true,
    storage: `${group}/${plural}`,
    subresources: [],
    custom: false,
    unconditionalUpdate: true,
    createOnUpdate: false,
    hasGeneration: false,
    nameRule: "subdomain",
    ...row,
  };
}

function completeNamespace(object: KubeObject, old: KubeObject | undefined): void {
  if (old === undefined) object["status"] = { phase: "Active" };
  object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name };
}

function completePod(object: KubeObject, old: KubeObject | undefined): void {
  if (old === undefined) object["status"] = { phase: "Pending", qosClass: "BestEffort" };
}

/** CEL as the rules have it can't add up sizes. */
function checkConfigMap(object: KubeObject): readonly Cause[] {
  const values = Object.values(objectOf(object["data"]));
  const size = values.reduce<number>((sum, value) => sum + Buffer.byteLength(textOf(value)), 0);
  if (size <= 1024 * 1024) return [];
  return [{ reason: "FieldValueTooLong", field: "", message: "Too long: may not be more than 1048576 bytes" }];
}

/** Of a kind whose controllers report on it. */
const reported = { subresources: ["status"], hasGeneration: true } as const;

/** Every built-in kind. */
export const builtinTypes: readonly ResourceType[] = [
  builtin("v1", "Namespace", {
    namespaced: false,
    subresources: ["status"],
    schema: namespaceSchema,
    nameRule: "label",
    complete: completeNamespace,
  }),
  builtin("v1", "Pod", { ...reported, schema: podSchema, complete: completePod }),
  builtin("v1", "ConfigMap", { schema: configMapSchema, check: checkConfigMap }),
  builtin("v1", "Event", { schema: eventSchema, createOnUpdate: true }),
  builtin("apps/v1", "Deployment", { ...reported, schema: deploymentSchema }),
  builtin("coordination.k8s.io/v1", "Lease", {
    schema: leaseSchema,
    unconditionalUpdate: false,
    createOnUpdate: true,
  }),
  builtin("batch/v1", "Job", { ...reported, schema: jobSchema }),
  builtin("batch/v1", "CronJob", { ...reported, schema: cronJobSchema }),
  builtin("apiextensions.k8s.io/v1", "CustomResourceDefinition", {
    ...reported,
    namespaced: false,
    schema: definitionSchema,
    unconditionalUpdate: false,
    complete: completeDefinition,
  }),
];
