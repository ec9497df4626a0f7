// Schemas of the built-in kinds, as far as merging lists and refusing wrong types needs them.
// Constants only; fields outside them are kept as they come.
import {
  flag,
  integer,
  mapList,
  open,
  openRecord,
  record,
  type Schema,
  text,
  textList,
  textMap,
  withObjectFields,
} from "../schema/schema.ts";

const time: Schema = { type: "string", nullable: true };
const conditions = mapList(["type"], openRecord({ type: text }));
const quantities: Schema = { type: "object", additionalProperties: { "x-kubernetes-int-or-string": true } };
const atomicText: Schema = { ...textList, "x-kubernetes-list-type": "atomic" };

const container = openRecord({
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

const containers = mapList(["name"], container);
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
export const configMapSchema = withObjectFields(record({ data: textMap }));
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

export const coreEventSchema = withObjectFields(
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

export const eventsSchema = withObjectFields(
  record({
    regarding: { ...reference, "x-kubernetes-map-type": "atomic" },
    reason: text,
    note: text,
    type: text,
    eventTime: time,
    series,
    action: text,
    related: { ...reference, nullable: true },
    reportingController: text,
    reportingInstance: text,
    deprecatedSource: source,
    deprecatedFirstTimestamp: time,
    deprecatedLastTimestamp: time,
    deprecatedCount: integer,
  }),
);

export const leaseSchema = withObjectFields(
  record({
    spec: record({
      holderIdentity: { type: "string", nullable: true },
      leaseDurationSeconds: { type: "integer", nullable: true },
      acquireTime: time,
      renewTime: time,
      leaseTransitions: { type: "integer", nullable: true },
      strategy: text,
      preferredHolder: text,
    }),
  }),
);

const labelSelector = { ...openRecord({ matchLabels: textMap }), "x-kubernetes-map-type": "atomic" } as const;

export const deploymentSchema = withObjectFields(
  record({
    spec: openRecord({
      replicas: { type: "integer", default: 1 },
      selector: labelSelector,
      template,
      revisionHistoryLimit: { type: "integer", default: 10 },
      progressDeadlineSeconds: { type: "integer", default: 600 },
      paused: flag,
      strategy: { ...openRecord({ type: { type: "string", default: "RollingUpdate" } }), default: {} },
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
      group: text,
      scope: text,
      names: openRecord({ plural: text, kind: text, singular: text, shortNames: atomicText, categories: atomicText }),
      versions: { type: "array", items: open, "x-kubernetes-list-type": "atomic" },
    }),
    status: openRecord({ conditions, storedVersions: textList }),
  }),
);
