// The structural schemas the double works with, and the schema of metadata that every kind shares.
// Types and constants only.

export type Rule = {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
};

export type Schema = {
  readonly type?: string;
  readonly nullable?: boolean;
  readonly properties?: { readonly [name: string]: Schema };
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-validations"?: readonly Rule[];
};

export const text: Schema = { type: "string" };
export const integer: Schema = { type: "integer" };
export const flag: Schema = { type: "boolean" };
export const textMap: Schema = { type: "object", additionalProperties: text };
/** Anything below is kept as it came: maps granular, lists atomic. */
export const open: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

export function record(properties: { readonly [name: string]: Schema }): Schema {
  return { type: "object", properties };
}

/** A known part of a kind whose other fields are kept unseen. */
export function openRecord(properties: { readonly [name: string]: Schema }): Schema {
  return { ...open, properties };
}

export function mapList(keys: readonly string[], items: Schema): Schema {
  return { type: "array", items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys };
}

/** The schema with rules beyond its shape. */
export function ruled(schema: Schema, ...rules: readonly Rule[]): Schema {
  return { ...schema, "x-kubernetes-validations": rules };
}

/** The rule that a field is there and not empty. */
function needed(field: string): Rule {
  const rule = `has(self.${field}) && self.${field} != null && self.${field} != ''`;
  return { rule, reason: "FieldValueRequired", fieldPath: `.${field}`, message: "must not be empty" };
}

const textSet: Schema = { type: "array", items: text, "x-kubernetes-list-type": "set" };
export const textList: Schema = { type: "array", items: text };

/** Of names in labels, annotations and finalizers. */
const qualifiedNames: Rule = {
  rule: "self.all(name, name.matches('^([a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$'))",
  message: "name part must consist of alphanumeric characters, '-', '_' or '.'",
};

const objectMetaSchema: Schema = record({
  name: text,
  generateName: text,
  namespace: text,
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: integer,
  creationTimestamp: { type: "string", nullable: true },
  deletionTimestamp: { type: "string", nullable: true },
  deletionGracePeriodSeconds: { type: "integer", nullable: true },
  labels: ruled(textMap, qualifiedNames, {
    rule: "self.all(name, size(self[name]) <= 63 && self[name].matches('^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$'))",
    message:
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', at most 63 of them",
  }),
  annotations: ruled(textMap, qualifiedNames),
  finalizers: ruled(textSet, qualifiedNames),
  ownerReferences: mapList(
    ["uid"],
    ruled(
      {
        ...record({ apiVersion: text, kind: text, name: text, uid: text, controller: flag, blockOwnerDeletion: flag }),
        "x-kubernetes-map-type": "atomic",
      },
      ...["apiVersion", "kind", "name", "uid"].map(needed),
    ),
  ),
  managedFields: { type: "array", items: open },
});

/** The schema of a whole object: the kind's own part plus what every object has. */
export function withObjectFields(schema: Schema): Schema {
  const own = schema.properties ?? {};
  const properties = { ...own, apiVersion: text, kind: text, metadata: objectMetaSchema };
  return { ...schema, type: "object", properties };
}
