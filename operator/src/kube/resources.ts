// Where things are in the API: group, version, plural and the paths made of them.

export type Resource = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  /** Where it is no collection of objects: the whole path. */
  readonly path?: string;
};

function resource(group: string, plural: string, kind: string, version = "v1"): Resource {
  return { group, version, plural, kind };
}

export const migrations = resource("retriever.dev", "retrievermigrations", "RetrieverMigration", "v1alpha1");
export const migrationActs = resource("retriever.dev", "migrationacts", "MigrationAct", "v1alpha1");
export const migrationPolicies = resource(
  "retriever.dev",
  "retrievermigrationpolicies",
  "RetrieverMigrationPolicy",
  "v1alpha1",
);
export const configMaps = resource("", "configmaps", "ConfigMap");
export const pods = resource("", "pods", "Pod");
export const events = resource("", "events", "Event");
export const namespaces = resource("", "namespaces", "Namespace");
export const deployments = resource("apps", "deployments", "Deployment");
export const replicaSets = resource("apps", "replicasets", "ReplicaSet");
export const jobs = resource("batch", "jobs", "Job");
export const cronJobs = resource("batch", "cronjobs", "CronJob");
export const serverVersion: Resource = { group: "", version: "", plural: "version", kind: "Info", path: "/version" };
export const definitions = resource("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition");
export const leases = resource("coordination.k8s.io", "leases", "Lease");
const admission = "admissionregistration.k8s.io";
export const admissionPolicies = resource(admission, "validatingadmissionpolicies", "ValidatingAdmissionPolicy");
export const admissionPolicyBindings = resource(
  admission,
  "validatingadmissionpolicybindings",
  "ValidatingAdmissionPolicyBinding",
);
export const roles = resource("rbac.authorization.k8s.io", "roles", "Role");
export const clusterRoles = resource("rbac.authorization.k8s.io", "clusterroles", "ClusterRole");
export const roleBindings = resource("rbac.authorization.k8s.io", "rolebindings", "RoleBinding");
export const tokenReviews = resource("authentication.k8s.io", "tokenreviews", "TokenReview");
export const selfSubjectReviews = resource("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview");
export const selfSubjectAccessReviews = resource(
  "authorization.k8s.io",
  "selfsubjectaccessreviews",
  "SelfSubjectAccessReview",
);

/** By which the lease of an operator is found, and where it tells its version. */
export const operatorLabels = {
  "app.kubernetes.io/name": "retriever-migration-operator",
  "app.kubernetes.io/component": "operator",
} as const;
export const versionAnnotation = "retriever.dev/version";

/** One place in the API. Without a name: the collection; without a namespace: all of them. */
export type Place = {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
};

/** URL path of a place, every part escaped. */
export function pathOf(place: Place): string {
  const { group, version, plural, path } = place.resource;
  if (path !== undefined) return path;
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

/** `apiVersion` and `kind` of a document. */
export function typeOf(resource: Resource) {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind };
}

/** What makes an object go with its migration. */
export function ownedBy({ name, uid }: { readonly name: string; readonly uid: string }) {
  return [{ ...typeOf(migrations), name, uid }];
}

/** `configmaps`, `retrievermigrations.retriever.dev/status`: the way rights name it. */
export function rightOf(place: Place): string {
  const { group, plural } = place.resource;
  const name = group === "" ? plural : `${plural}.${group}`;
  // Behind a proxy's path comes what is asked of the pod.
  return place.subresource === undefined ? name : `${name}/${place.subresource.replace(/\/.*/, "")}`;
}
