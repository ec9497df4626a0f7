// Schemas of the built-in kinds, as far as merging lists and refusing wrong types needs them.
// Constants only; fields outside them are kept as they come.
import {
  flag,
  integer,
  mapList,
  open,
  openRecord,
  record,
  ruled,
  type Schema,
  text,
  textList,
  textMap,
  withObjectFields,
} from "../schema/schema.ts";

const optionalInteger: Schema = { type: "integer", nullable: true };
const time: Schema = { type: "string", nullable: true };
const conditions = mapList(["type"], openRecord({ type: text }));
const quantities: Schema = { type: "object", additionalProperties: { "x-kubernetes-int-or-string": true } };
const atomicText: Schema = { ...textList, "x-kubernetes-list-type": "atomic" };

const containers = mapList(
  ["name"],
  openRecord({
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
  }),
);
const podSpec = openRecord({
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

const template = record({ metadata: openRecord({ labels: textMap, annotations: textMap }), spec: podSpec });
const jobSpec = openRecord({ template });

export const namespaceSchema = withObjectFields(
  record({ spec: record({ finalizers: textList }), status: openRecord({ phase: text, conditions }) }),
);
export const podSchema = withObjectFields(
  record({ spec: podSpec, status: openRecord({ phase: text, podIP: text, conditions }) }),
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

export const eventSchema = withObjectFields(
  record({
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
  }),
);

export const leaseSchema = withObjectFields(
  record({
    spec: record({
      holderIdentity: { type: "string", nullable: true },
      leaseDurationSeconds: optionalInteger,
      acquireTime: time,
      renewTime: time,
      leaseTransitions: optionalInteger,
      strategy: text,
      preferredHolder: text,
    }),
  }),
);

const labelSelector: Schema = { ...openRecord({ matchLabels: textMap }), "x-kubernetes-map-type": "atomic" };

export const deploymentSchema = withObjectFields(
  record({
    spec: openRecord({
      replicas: { type: "integer", default: 1 },
      selector: labelSelector,
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

export const definitionSchema = withObjectFields(
  record({
    spec: openRecord({
      names: openRecord({ shortNames: atomicText, categories: atomicText }),
      versions: { type: "array", items: open, "x-kubernetes-list-type": "atomic" },
    }),
    status: openRecord({ conditions, storedVersions: textList }),
  }),
);
