// The objects that stories apply to a real cluster: an application of three pods with the sidecar.
// Data only.
import { sidecarImage } from "#clusters/real/import-images.ts";
import { type ApplicationInput, applicationDeployment, baseConfigMap } from "#support/world/application-manifests.ts";

const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** A share of a machine that builds and tests besides: without one, a container comes after everybody else. */
const resources = { requests: { cpu: "200m" } };

type Container = { readonly env: readonly object[]; readonly readinessProbe: object };
type Source = { readonly configMap: { readonly name: string; readonly optional?: boolean } };
type Volume = { readonly projected: { readonly sources: readonly Source[] } };
type Deployment = {
  readonly metadata: object;
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly Container[]; readonly volumes: Volume[] } };
  };
};

/** What the base's ConfigMap is called where nothing else is said. */
export const usualBaseName = (application: string) => `${application}-retriever`;

/**
 * Base and Deployment in a namespace, the sidecar from its image and reachable from outside its pod. `baseName` is of
 * the ConfigMap that the Deployment takes its base from.
 */
export function applicationObjects(input: ApplicationInput, namespace: string, baseName = usualBaseName(input.name)) {
  const base = baseConfigMap(input) as { readonly metadata: object };
  const usual = applicationDeployment(input) as Deployment;
  const { template } = usual.spec;
  const containers = template.spec.containers.map((container) => ({
    ...container,
    image: sidecarImage,
    imagePullPolicy: "Never",
    securityContext: restricted,
    resources,
    readinessProbe: { ...container.readinessProbe, timeoutSeconds: 5 },
    // The application that asks lives outside: it plays the neighbour in the pod.
    env: [...container.env, { name: "RETRIEVER_LISTEN", value: "0.0.0.0:7080" }],
  }));
  const volumes = template.spec.volumes.map((volume) => ({
    ...volume,
    projected: { sources: volume.projected.sources.map((source) => renamed(source, baseName)) },
  }));
  const pod = { ...template.spec, containers, volumes, terminationGracePeriodSeconds: 5 };
  return {
    base: { ...base, metadata: { name: baseName, namespace } },
    deployment: {
      ...usual,
      metadata: { ...usual.metadata, namespace },
      spec: { ...usual.spec, template: { ...template, spec: pod } },
    },
  };
}

/** The overlay is the optional one. */
function renamed(source: Source, baseName: string): Source {
  return source.configMap.optional === true ? source : { configMap: { ...source.configMap, name: baseName } };
}
