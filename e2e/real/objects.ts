// The objects that stories apply to a real cluster: the operator as two pods, and an application of three.
// Data only.
import { operatorImage, sidecarImage } from "#cluster/import-images.ts";
import { operatorAccount } from "#cluster/layout.ts";
import { type ApplicationInput, applicationDeployment, baseConfigMap } from "#world/application-manifests.ts";

const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** How often the operator looks at everything, so that "it writes nothing any more" is soon seen. */
const resyncMs = "2000";

export const operatorLabels = { "app.kubernetes.io/name": operatorAccount.name };

/** Two replicas, one of which leads, below the account that `installOperatorRights` has made. */
export function operatorDeployment(replicas = 2): object {
  const { name, namespace } = operatorAccount;
  const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
  const probe = (path: string) => ({ httpGet: { path, port: 8080 }, periodSeconds: 2 });
  const container = {
    name: "operator",
    image: operatorImage,
    imagePullPolicy: "Never",
    securityContext: restricted,
    env: [
      { name: "POD_NAME", ...field("metadata.name") },
      { name: "POD_NAMESPACE", ...field("metadata.namespace") },
      { name: "RETRIEVER_RESYNC_MS", value: resyncMs },
    ],
    readinessProbe: probe("/readyz"),
    livenessProbe: { ...probe("/healthz"), failureThreshold: 10 },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: operatorLabels },
      template: {
        metadata: { labels: operatorLabels },
        spec: { serviceAccountName: name, terminationGracePeriodSeconds: 5, containers: [container] },
      },
    },
  };
}

type Container = { readonly env: readonly object[] };
type Deployment = {
  readonly metadata: object;
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
};

/** Base and Deployment in a namespace, the sidecar from its image and reachable from outside its pod. */
export function applicationObjects(input: ApplicationInput, namespace: string) {
  const base = baseConfigMap(input) as { readonly metadata: object };
  const usual = applicationDeployment(input) as Deployment;
  const { template } = usual.spec;
  const containers = template.spec.containers.map((container) => ({
    ...container,
    image: sidecarImage,
    imagePullPolicy: "Never",
    securityContext: restricted,
    // The application that asks lives outside: it plays the neighbour in the pod.
    env: [...container.env, { name: "RETRIEVER_LISTEN", value: "0.0.0.0:7080" }],
  }));
  const pod = { ...template.spec, containers, terminationGracePeriodSeconds: 5 };
  return {
    base: { ...base, metadata: { ...base.metadata, namespace } },
    deployment: {
      ...usual,
      metadata: { ...usual.metadata, namespace },
      spec: { ...usual.spec, template: { ...template, spec: pod } },
    },
  };
}
