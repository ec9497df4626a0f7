// What is built for a cluster: all of Kubernetes as one program, the pause program, and Helm.
// Their versions are those of the go.mod files here.
import { join } from "node:path";
import { buildGoModule, type GoModule, type Say } from "./go-build.ts";

export const kubernetesVersion = "1.35.4";

const versionPackages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
const [major = "", minor = ""] = kubernetesVersion.split(".");
/** Without these a server says of itself that it is v0.0.0, and clients compare versions. */
const versionFlags = versionPackages
  .flatMap((path) => [
    `-X ${path}.gitVersion=v${kubernetesVersion}`,
    `-X ${path}.gitMajor=${major}`,
    `-X ${path}.gitMinor=${minor}`,
    `-X ${path}.gitTreeState=clean`,
  ])
  .join(" ");

const kubernetes: GoModule = {
  label: `kubernetes-v${kubernetesVersion}`,
  folder: join(import.meta.dirname, "go"),
  sources: ["main.go", "pause/main.go"],
  programs: [
    {
      name: "kubernetes",
      package: ".",
      aliases: ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"],
    },
    { name: "pause", package: "./pause" },
  ],
  linkerFlags: versionFlags,
};

function helmModule(major: 3 | 4, version: string): GoModule {
  return {
    label: `helm-v${version}`,
    folder: join(import.meta.dirname, `helm${major}`),
    sources: [],
    programs: [{ name: "helm", package: `helm.sh/helm/v${major}/cmd/helm` }],
    linkerFlags: `-X helm.sh/helm/v${major}/internal/version.version=v${version}`,
  };
}

export type KubernetesBinaries = {
  readonly folder: string;
  /** The program of this name. */
  readonly path: (name: string) => string;
};

/** Builds, or finds built, everything that a cluster runs. */
export async function kubernetesBinaries(go: string, say: Say): Promise<KubernetesBinaries> {
  const folder = await buildGoModule(go, kubernetes, say);
  return { folder, path: (name) => join(folder, name) };
}

/** Path of a Helm of this major version, built when it is missing. */
export async function helmBinary(go: string, major: 3 | 4, say: Say): Promise<string> {
  const version = major === 3 ? "3.22.0" : "4.3.1";
  return join(await buildGoModule(go, helmModule(major, version), say), "helm");
}
