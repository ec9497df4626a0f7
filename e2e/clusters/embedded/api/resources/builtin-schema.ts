// Schemas of the built-in kinds, as far as merging lists, refusing wrong types and refusing wrong values needs them.
// Constants only; fields outside them are kept as they come. Values are judged by CEL rules, as those of custom resources.
import {
  flag,
  integer,
  mapList,
  needed,
  open,
  openRecord,
  type Rule,
  record,
  ruled,
  type Schema,
  text,
  textList,
  textMap,
  withObjectFields,
} from "../schema/schema.ts";
import { fromCoreNames } from "./event-kind.ts";

const optionalInteger: Schema = { type: "integer", nullable: true };
const notNegative: Rule = { rule: "self >= 0", message: "must be greater than or equal to 0" };
const time: Schema = { type: "string", nullable: true };
const conditions = mapList(["type"], openRecord({ type: text }));
const quantities: Schema = { type: "object", additionalProperties: { "x-kubernetes-int-or-string": true } };
const atomicText: Schema = { ...textList, "x-kubernetes-list-type": "atomic" };

const containerFields = openRecord({
  name: text,
  image: text,
  imagePullPolicy: text,
  command: atomicText,
  args: atomicText,
  workingDir: text,
  env: mapList(["name"], openRecord({ name: text, value: text })),
  ports: mapList(
    ["containerPort", "protocol"],
    openRecord({ name: text, containerPort: integer, protocol: { type: "string", default: "TCP" } }),
  ),
  resources: openRecord({ limits: quantities, requests: quantities }),
  volumeMounts: mapList(["mountPath"], openRecord({ name: text, mountPath: text, readOnly: flag })),
});

const containers = mapList(["name"], ruled(containerFields, needed("name")));
const podFields = openRecord({
  containers,
  initContainers: containers,
  volumes: mapList(["name"], openRecord({ name: text })),
  imagePullSecrets: mapList(["name"], openRecord({ name: text })),
  nodeSelector: textMap,
  nodeName: text,
  restartPolicy: { type: "string", default: "Always" },
  serviceAccountName: text,
  terminationGracePeriodSeconds: { type: "integer", default: 30 },
});

const podSpec = ruled(podFields, {
  rule: "has(self.containers) && size(self.containers) > 0",
  reason: "FieldValueRequired",
  fieldPath: ".containers",
  message: "must have a container",
});
/** A pod that exists may be given its node, and nothing else. */
const runningPodSpec: Schema = {
  ...podSpec,
  "x-kubernetes-validations": [
    ...(podSpec["x-kubernetes-validations"] ?? []),
    {
      rule:
        "self.all(name, name == 'nodeName' || (name in oldSelf && self[name] == oldSelf[name])) && " +
        "oldSelf.all(name, name in self) && " +
        "(!has(oldSelf.nodeName) || oldSelf.nodeName == '' || self.nodeName == oldSelf.nodeName)",
      reason: "FieldValueForbidden",
      message: "pod updates may not change fields other than `spec.containers[*].image`",
    },
  ],
};

const template = record({ metadata: openRecord({ labels: textMap, annotations: textMap }), spec: podSpec });
const jobSpec = openRecord({ template });

export const namespaceSchema = withObjectFields(
  record({ spec: record({ finalizers: textList }), status: openRecord({ phase: text, conditions }) }),
);
export const podSchema = withObjectFields(
  record({ spec: runningPodSpec, status: openRecord({ phase: text, podIP: text, conditions }) }),
);
export const configMapSchema = withObjectFields(
  record({
    data: ruled(textMap, {
      rule: "self.all(name, name.matches('^[-._a-zA-Z0-9]{1,253}$') && name != '.' && name != '..')",
      message: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    }),
  }),
);
const reference = openRecord({
  apiVersion: text,
  kind: text,
  name: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  fieldPath: text,
});
const series: Schema = { ...record({ count: integer, lastObservedTime: text, lastTimestamp: text }), nullable: true };
const source = record({ component: text, host: text });

/** An event lives with its object; events about objects without a namespace live in `default`. */
function eventOf(about: string, fields: { readonly [name: string]: Schema }, ...rules: readonly Rule[]): Schema {
  const place = `self.?${about}.?__namespace__.orValue('')`;
  return ruled(
    withObjectFields(record(fields)),
    {
      rule: `has(self.${about})`,
      reason: "FieldValueRequired",
      fieldPath: `.${about}`,
      message: "must name an object",
    },
    {
      rule: `${place} == self.metadata.__namespace__ || (${place} == '' && self.metadata.__namespace__ == 'default')`,
      fieldPath: `.${about}.namespace`,
      message: "does not match event.namespace",
    },
    ...rules,
  );
}

const coreEventFields: { readonly [name: string]: Schema } = {
  involvedObject: { ...reference, "x-kubernetes-map-type": "atomic" },
  reason: text,
  message: text,
  source,
  firstTimestamp: time,
  lastTimestamp: time,
  count: integer,
  type: text,
  eventTime: time,
  series,
  action: text,
  related: { ...reference, nullable: true },
  reportingComponent: text,
  reportingInstance: text,
};

export const coreEventSchema = eventOf("involvedObject", coreEventFields);
export const eventsSchema = eventOf(
  "regarding",
  fromCoreNames(coreEventFields),
  ...["eventTime", "reportingController", "reportingInstance", "action", "reason"].map(needed),
  { rule: "self.?type.orValue('') in ['Normal', 'Warning']", fieldPath: ".type", message: "has invalid value" },
  { rule: "size(self.?note.orValue('')) <= 1024", fieldPath: ".note", message: "can have at most 1024 characters" },
);

export const leaseSchema = withObjectFields(
  record({
    spec: record({
      holderIdentity: { type: "string", nullable: true },
      leaseDurationSeconds: ruled(optionalInteger, { rule: "self > 0", message: "must be greater than 0" }),
      acquireTime: time,
      renewTime: time,
      leaseTransitions: ruled(optionalInteger, notNegative),
      strategy: text,
      preferredHolder: text,
    }),
  }),
);

const labelSelector: Schema = { ...openRecord({ matchLabels: textMap }), "x-kubernetes-map-type": "atomic" };
const deploymentRules: readonly Rule[] = [
  {
    rule: "has(self.template) && has(self.template.spec)",
    reason: "FieldValueRequired",
    fieldPath: ".template.spec.containers",
    message: "must have a container",
  },
  {
    rule: "size(self.?selector.?matchLabels.orValue({})) > 0",
    reason: "FieldValueRequired",
    fieldPath: ".selector",
    message: "must select the pods of the template",
  },
  {
    rule:
      "self.?selector.?matchLabels.orValue({}).all(name, " +
      "self.?template.?metadata.?labels[?name].orValue('') == self.selector.matchLabels[name])",
    fieldPath: ".template.metadata.labels",
    message: "`selector` does not match template `labels`",
  },
];

export const deploymentSchema = withObjectFields(
  record({
    spec: ruled(
      openRecord({
        replicas: ruled({ type: "integer", default: 1 }, notNegative),
        selector: ruled(labelSelector, { rule: "self == oldSelf", message: "field is immutable" }),
        template,
        revisionHistoryLimit: { type: "integer", default: 10 },
        progressDeadlineSeconds: { type: "integer", default: 600 },
        paused: flag,
        // The Deployment controller here knows no other strategy.
        strategy: {
          ...openRecord({ type: { type: "string", enum: ["RollingUpdate"], default: "RollingUpdate" } }),
          default: {},
        },
      }),
      ...deploymentRules,
    ),
    status: openRecord({ replicas: integer, readyReplicas: integer, conditions }),
  }),
);

export const jobSchema = withObjectFields(record({ spec: jobSpec, status: openRecord({ conditions }) }));
export const cronJobSchema = withObjectFields(
  record({
    spec: openRecord({
      schedule: text,
      suspend: { type: "boolean", default: false },
      jobTemplate: record({ metadata: open, spec: jobSpec }),
    }),
    status: open,
  }),
);

const definitionSpec = ruled(
  openRecord({
    group: text,
    scope: ruled(
      text,
      { rule: "self in ['Namespaced', 'Cluster']", message: "must be Namespaced or Cluster" },
      { rule: "self == oldSelf", message: "field is immutable" },
    ),
    names: openRecord({ plural: text, kind: text, singular: text, shortNames: atomicText, categories: atomicText }),
    conversion: open,
    versions: ruled(
      { type: "array", items: open, "x-kubernetes-list-type": "atomic" },
      {
        rule: "self.filter(version, version.?storage.orValue(false)).size() == 1",
        message: "must have exactly one version marked as storage version",
      },
    ),
  }),
  {
    rule: "self.?conversion.?strategy.orValue('None') == 'None'",
    reason: "FieldValueForbidden",
    fieldPath: ".conversion.strategy",
    message: "the embedded API converts with strategy None only",
  },
);

export const definitionSchema = ruled(
  withObjectFields(record({ spec: definitionSpec, status: openRecord({ conditions, storedVersions: textList }) })),
  {
    rule: "self.metadata.name == self.spec.names.plural + '.' + self.spec.group",
    fieldPath: ".metadata.name",
    message: 'must be spec.names.plural+"."+spec.group',
  },
);
