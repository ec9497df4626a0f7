// The command lines and configuration files of every part of a cluster, as values.
// Writes and starts nothing.
import { join } from "node:path";
import { stringify } from "yaml";
import {
  bridge,
  cgroup,
  containerdSocketOf,
  hostAddress,
  kubeconfigOf,
  type Layout,
  nodeName,
  pauseImage,
  podSubnet,
  serviceRange,
  userNameOf,
} from "./layout.ts";

export const componentNames = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "containerd",
  "kubelet",
] as const;
export type ComponentName = (typeof componentNames)[number];

const controlPlane: readonly ComponentName[] = ["etcd", "kube-apiserver", "kube-controller-manager"];

/** What a cluster of this kind runs, in the order of their start. */
export function componentsOf({ kind }: Layout): readonly ComponentName[] {
  return kind === "node" ? componentNames : controlPlane;
}

/** Arguments of a component. */
export function argumentsOf(name: ComponentName, layout: Layout): readonly string[] {
  return commandLines[name](layout);
}

const commandLines: Readonly<Record<ComponentName, (layout: Layout) => readonly string[]>> = {
  etcd: ({ folder, loopback }) => [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=http://${loopback}:2379`,
    `--advertise-client-urls=http://${loopback}:2379`,
    `--listen-peer-urls=http://${loopback}:2380`,
    `--initial-advertise-peer-urls=http://${loopback}:2380`,
    `--initial-cluster=default=http://${loopback}:2380`,
    "--log-level=warn",
    // Nothing here outlives the machine's next start.
    "--unsafe-no-fsync",
  ],
  "kube-apiserver": ({ kind, folder, loopback, apiAddress, apiPort }) => [
    `--etcd-servers=http://${loopback}:2379`,
    `--bind-address=${apiAddress}`,
    `--advertise-address=${apiAddress}`,
    `--secure-port=${apiPort}`,
    `--endpoint-reconciler-type=${kind === "node" ? "master-count" : "none"}`,
    `--service-cluster-ip-range=${serviceRange}`,
    `--tls-cert-file=${join(folder, "api.crt")}`,
    `--tls-private-key-file=${join(folder, "api.key")}`,
    `--cert-dir=${join(folder, "certificates")}`,
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${join(folder, "accounts.pub")}`,
    `--service-account-signing-key-file=${join(folder, "accounts.key")}`,
    "--authorization-mode=RBAC",
    "--kubelet-preferred-address-types=InternalIP",
    `--audit-policy-file=${join(folder, "audit.yaml")}`,
    `--audit-log-path=${join(folder, auditLog)}`,
    "--profiling=false",
  ],
  "kube-controller-manager": (layout) => [
    `--kubeconfig=${kubeconfigOf(layout, "controller-manager")}`,
    `--root-ca-file=${join(layout.folder, "ca.crt")}`,
    `--service-account-private-key-file=${join(layout.folder, "accounts.key")}`,
    "--leader-elect=false",
    "--secure-port=0",
  ],
  "kube-scheduler": (layout) => [
    `--kubeconfig=${kubeconfigOf(layout, "scheduler")}`,
    "--leader-elect=false",
    "--secure-port=0",
  ],
  containerd: ({ folder }) => ["--config", join(folder, "containerd.toml")],
  kubelet: (layout) => [
    `--config=${join(layout.folder, "kubelet.yaml")}`,
    `--kubeconfig=${kubeconfigOf(layout, "kubelet")}`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${hostAddress}`,
    `--cert-dir=${join(layout.folder, "certificates")}`,
  ],
};

/** What the operator did, one JSON line per answered request. */
export const auditLog = "audit.jsonl";

/** Which requests are written down: the operator's, without their bodies. */
export const auditPolicy = stringify({
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  rules: [{ level: "Metadata", users: [userNameOf("operator")] }, { level: "None" }],
});

/** Files of a node, by name in the cluster's folder. */
export function nodeFiles(layout: Layout): Readonly<Record<string, string>> {
  return {
    "containerd.toml": containerdConfig(layout),
    "kubelet.yaml": stringify(kubeletConfig(layout)),
    "cni/10-bridge.conflist": JSON.stringify(networkConfig(layout), null, 2),
  };
}

function containerdConfig(layout: Layout): string {
  const { folder } = layout;
  return `version = 2
root = "${join(folder, "containerd")}"
state = "${join(folder, "containerd-state")}"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]

[grpc]
  address = "${containerdSocketOf(layout)}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Without the right to lower it, every container would fail to start.
  restrict_oom_score_adj = true
  disable_apparmor = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${join(folder, "cni")}"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "runc"
      SystemdCgroup = false
`;
}

function kubeletConfig(layout: Layout): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: hostAddress,
    healthzBindAddress: layout.loopback,
    readOnlyPort: 0,
    // Only this machine and this cluster's own pods reach it, and both run nothing but the tests.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: "AlwaysAllow" },
    containerRuntimeEndpoint: `unix://${containerdSocketOf(layout)}`,
    volumePluginDir: join(layout.folder, "volume-plugins"),
    // Machines with the older cgroups, with swap, or inside a container themselves are good enough for tests.
    failCgroupV1: false,
    failSwapOn: false,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${cgroup}`,
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    localStorageCapacityIsolation: false,
    makeIPTablesUtilChains: false,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    resolvConf: "",
  };
}

function networkConfig({ folder }: Layout): object {
  return {
    cniVersion: "0.4.0",
    name: "retriever-e2e",
    plugins: [
      {
        type: "bridge",
        bridge,
        // The bridge has its addresses before the first pod, and pods have no way out of this machine.
        isGateway: false,
        ipMasq: false,
        ipam: {
          type: "host-local",
          dataDir: join(folder, "cni-state"),
          ranges: [[{ subnet: podSubnet, gateway: hostAddress }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  };
}
