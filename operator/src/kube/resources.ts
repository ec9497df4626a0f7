// Where things are in the API: group, version, plural and the paths made of them.

export type Resource = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
};

export const migrations: Resource = {
  group: "retriever.dev",
  version: "v1alpha1",
  plural: "retrievermigrations",
  kind: "RetrieverMigration",
};
export const migrationActs: Resource = {
  group: "retriever.dev",
  version: "v1alpha1",
  plural: "migrationacts",
  kind: "MigrationAct",
};
export const configMaps: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" };
export const pods: Resource = { group: "", version: "v1", plural: "pods", kind: "Pod" };
export const events: Resource = { group: "", version: "v1", plural: "events", kind: "Event" };
export const namespaces: Resource = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };
export const deployments: Resource = { group: "apps", version: "v1", plural: "deployments", kind: "Deployment" };
export const jobs: Resource = { group: "batch", version: "v1", plural: "jobs", kind: "Job" };
export const cronJobs: Resource = { group: "batch", version: "v1", plural: "cronjobs", kind: "CronJob" };
export const leases: Resource = { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease" };
export const admissionPolicies: Resource = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "validatingadmissionpolicies",
  kind: "ValidatingAdmissionPolicy",
};
export const admissionPolicyBindings: Resource = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "validatingadmissionpolicybindings",
  kind: "ValidatingAdmissionPolicyBinding",
};
export const selfSubjectReviews: Resource = {
  group: "authentication.k8s.io",
  version: "v1",
  plural: "selfsubjectreviews",
  kind: "SelfSubjectReview",
};

/** One place in the API. Without a name: the collection; without a namespace: all of them. */
export type Place = {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
};

/** URL path of a place, every part escaped. */
export function pathOf(place: Place): string {
  const { group, version, plural } = place.resource;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = place.namespace === undefined ? "" : `/namespaces/${encodeURIComponent(place.namespace)}`;
  const name = place.name === undefined ? "" : `/${encodeURIComponent(place.name)}`;
  const subresource = place.subresource === undefined ? "" : `/${place.subresource}`;
  return `${root}${scope}/${plural}${name}${subresource}`;
}

/** `apiVersion` as documents state it. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** `configmaps`, `retrievermigrations.retriever.dev/status`: the way rights name it. */
export function rightOf(place: Place): string {
  const { group, plural } = place.resource;
  const name = group === "" ? plural : `${plural}.${group}`;
  return place.subresource === undefined ? name : `${name}/${place.subresource}`;
}
